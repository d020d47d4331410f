# Creates the role of the instances, and gives it its rights. The image of PostgreSQL runs this when
# it creates the database. For an earlier database, run it once:
#   docker compose exec postgres sh /docker-entrypoint-initdb.d/create-app-role.sh
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'END'
\set password `cat /run/secrets/APP_PASSWORD`
SELECT format('CREATE ROLE rollcall_app LOGIN PASSWORD %L', :'password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rollcall_app') \gexec
\i /etc/rollcall/grants.sql
END
