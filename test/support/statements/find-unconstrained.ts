import type { ColumnRef, JoinExpr, Node, RangeVar } from 'libpg-query';
import { loadModule, parse } from 'libpg-query';

/** A table, or null for a subquery, a function or a WITH query. */
interface Relation {
  readonly table: string | null;
}

/** A SELECT, INSERT, UPDATE or DELETE, and what its columns can name. */
interface Level {
  readonly relations: ReadonlyMap<string, Relation>;
  readonly outer: Level | null;
}

interface Statement {
  readonly relation?: RangeVar;
  readonly cols?: readonly Node[];
  readonly fromClause?: readonly Node[];
  readonly usingClause?: readonly Node[];
  readonly whereClause?: Node;
  readonly withClause?: { readonly ctes?: readonly Node[] };
}

const statementKinds = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const;

/**
 * Returns the tables from which the statement `text` reads or changes rows without naming their
 * organization. A table is constrained by `organization_id = …`, also with `ANY` or `IN`, and by a
 * join on that column with something that is constrained or that is no table of organizations. An
 * INSERT has to set the column.
 *
 * @param columns the tables of organizations, each with the column of the organization's id
 * @param exempt tables whose rows this statement may name otherwise
 */
export async function findUnconstrained(
  text: string,
  columns: ReadonlyMap<string, string>,
  exempt: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  await loadModule();
  const { stmts = [] } = await parse(text);
  const check = new StatementCheck(columns, exempt);
  for (const { stmt } of stmts) check.visitNested(stmt, null, new Set());
  return [...check.found].sort();
}

class StatementCheck {
  readonly found = new Set<string>();
  readonly #columns: ReadonlyMap<string, string>;
  readonly #exempt: ReadonlySet<string>;

  constructor(columns: ReadonlyMap<string, string>, exempt: ReadonlySet<string>) {
    this.#columns = columns;
    this.#exempt = exempt;
  }

  /** Visits the statements in `node`, but not those inside them. */
  visitNested(node: unknown, outer: Level | null, queryNames: ReadonlySet<string>): void {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if ((statementKinds as readonly string[]).includes(key)) this.#visit(key, value as Statement, outer, queryNames);
      // The sides of a UNION have no key that names their kind.
      else if (key === 'larg' || key === 'rarg') {
        if ('op' in value) this.#visit('SelectStmt', value as Statement, outer, queryNames);
        else this.visitNested(value, outer, queryNames);
      } else this.visitNested(value, outer, queryNames);
    }
  }

  #visit(kind: string, statement: Statement, outer: Level | null, outerNames: ReadonlySet<string>): void {
    const queries = (statement.withClause?.ctes ?? []).map((query) => ('CommonTableExpr' in query ? query.CommonTableExpr : {}));
    const queryNames = new Set([...outerNames, ...queries.map(({ ctename }) => ctename!)]);

    const relations = new Map<string, Relation>();
    const joins: JoinExpr[] = [];
    const sources = [...(statement.fromClause ?? []), ...(statement.usingClause ?? [])];
    for (const source of sources) this.#addRelations(source, relations, joins, queryNames);
    const target = kind === 'SelectStmt' ? undefined : statement.relation;
    if (target) relations.set(target.alias?.aliasname ?? target.relname!, { table: target.relname! });
    const level: Level = { relations, outer };

    const constrained = this.#constrain(level, joins, statement.whereClause);
    if (kind === 'InsertStmt' && this.#setsColumn(target!, statement.cols)) constrained.add(relations.get(nameOf(target!))!);
    for (const relation of relations.values()) {
      if (this.#isOfOrganizations(relation) && !constrained.has(relation)) this.found.add(relation.table);
    }
    this.visitNested(Object.fromEntries(Object.entries(statement)), level, queryNames);
  }

  #addRelations(node: Node, relations: Map<string, Relation>, joins: JoinExpr[], queryNames: ReadonlySet<string>): void {
    if ('RangeVar' in node) {
      const isQuery = queryNames.has(node.RangeVar.relname!);
      relations.set(nameOf(node.RangeVar), { table: isQuery ? null : node.RangeVar.relname! });
    } else if ('JoinExpr' in node) {
      joins.push(node.JoinExpr);
      this.#addRelations(node.JoinExpr.larg!, relations, joins, queryNames);
      this.#addRelations(node.JoinExpr.rarg!, relations, joins, queryNames);
    } else {
      const { alias } = Object.values(node)[0] as { alias?: { aliasname?: string } };
      relations.set(alias?.aliasname ?? `unnamed ${relations.size}`, { table: null });
    }
  }

  /** Repeats until no join constrains another relation. */
  #constrain(level: Level, joins: readonly JoinExpr[], where: Node | undefined): Set<Relation> {
    const constrained = new Set<Relation>();
    for (let size = -1; size < constrained.size; ) {
      size = constrained.size;
      const conditions = [where, ...joins.map(({ quals }) => quals)];
      for (const condition of conditions)
        for (const relation of this.#constrainedBy(condition, level, constrained)) constrained.add(relation);
      for (const join of joins) for (const relation of this.#joinedByUsing(join, level, constrained)) constrained.add(relation);
    }
    return constrained;
  }

  #constrainedBy(condition: Node | undefined, level: Level, constrained: ReadonlySet<Relation>): Set<Relation> {
    if (!condition) return new Set();
    if ('BoolExpr' in condition) {
      const parts = (condition.BoolExpr.args ?? []).map((part) => this.#constrainedBy(part, level, constrained));
      if (condition.BoolExpr.boolop === 'AND_EXPR') return new Set(parts.flatMap((part) => [...part]));
      if (condition.BoolExpr.boolop === 'OR_EXPR')
        return new Set([...parts[0]!].filter((relation) => parts.every((part) => part.has(relation))));
      return new Set();
    }
    if (isByCtid(condition)) return new Set([...level.relations.values()].filter((relation) => this.#isOfOrganizations(relation)));
    return new Set(
      equalities(condition).flatMap(([column, value]) =>
        this.#isGiven(value, level, constrained) ? this.#organizationOf(column, level) : [],
      ),
    );
  }

  /** `USING (organization_id)` joins both sides on it. */
  #joinedByUsing({ larg, rarg, usingClause = [] }: JoinExpr, level: Level, constrained: ReadonlySet<Relation>): Relation[] {
    const names = usingClause.map(textOf);
    const sides = [larg!, rarg!].flatMap((side) => {
      const inSide = new Map<string, Relation>();
      this.#addRelations(side, inSide, [], new Set());
      return [...inSide.keys()].map((name) => level.relations.get(name)!);
    });
    const joined = sides.filter((relation) => !this.#isOfOrganizations(relation) || names.includes(this.#columns.get(relation.table)!));
    const isGiven = joined.some((relation) => constrained.has(relation) || !this.#isOfOrganizations(relation));
    return names.length > 0 && isGiven ? joined : [];
  }

  /** Whether `value` depends on no row of a table of organizations that is not constrained yet. */
  #isGiven(value: Node, level: Level, constrained: ReadonlySet<Relation>): boolean {
    return columnsIn(value).every((column) => {
      const [qualifier, name] = partsOf(column);
      const relations = qualifier === null ? this.#withColumn(name, level) : [level.relations.get(qualifier)];
      // Columns of outer statements are checked there.
      return relations.every((relation) => !relation || !this.#isOfOrganizations(relation) || constrained.has(relation));
    });
  }

  /** The relations of which `node` is the column with the organization's id. */
  #organizationOf(node: Node, level: Level): Relation[] {
    const column = columnOf(node);
    if (!column) return [];
    const [qualifier, name] = partsOf(column);
    if (qualifier === null) return this.#withColumn(name, level);
    const relation = level.relations.get(qualifier);
    return relation?.table && this.#columns.get(relation.table) === name ? [relation] : [];
  }

  #withColumn(name: string, { relations }: Level): Relation[] {
    return [...relations.values()].filter(({ table }) => table !== null && this.#columns.get(table) === name);
  }

  #isOfOrganizations(relation: Relation): relation is { readonly table: string } {
    return relation.table !== null && this.#columns.has(relation.table) && !this.#exempt.has(relation.table);
  }

  #setsColumn({ relname }: RangeVar, columns: readonly Node[] = []): boolean {
    return columns.some((column) => 'ResTarget' in column && column.ResTarget.name === this.#columns.get(relname!));
  }
}

const nameOf = ({ alias, relname }: RangeVar) => alias?.aliasname ?? relname!;
const textOf = (node: Node) => ('String' in node ? node.String.sval! : '*');

/** The pairs that `condition` compares for equality, each in both orders. */
function equalities(condition: Node): [Node, Node][] {
  if ('SubLink' in condition && condition.SubLink.subLinkType === 'ANY_SUBLINK') {
    const { testexpr, subselect } = condition.SubLink;
    // A subquery is checked as a statement of its own.
    return itemsOf(testexpr!).map((column) => [column, { SubLink: { subselect: subselect! } }]);
  }
  if (!('A_Expr' in condition)) return [];
  const { kind, name = [], lexpr, rexpr } = condition.A_Expr;
  if (textOf(name[0]!) !== '=' || !lexpr || !rexpr) return [];
  if (kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_IN') return itemsOf(lexpr).map((column) => [column, rexpr]);
  if (kind !== 'AEXPR_OP' && kind !== 'AEXPR_NOT_DISTINCT') return [];
  const [left, right] = [itemsOf(lexpr), itemsOf(rexpr)];
  if (left.length !== right.length) return left.map((column) => [column, rexpr]);
  return left.flatMap((column, index): [Node, Node][] => [
    [column, right[index]!],
    [right[index]!, column],
  ]);
}

/**
 * Whether the condition selects rows by the `ctid` values of a subquery. The subquery is checked as
 * a statement of its own.
 */
function isByCtid(condition: Node): boolean {
  if (!('A_Expr' in condition) || condition.A_Expr.kind !== 'AEXPR_OP_ANY') return false;
  const { lexpr, rexpr } = condition.A_Expr;
  const column = columnOf(lexpr!);
  return column !== null && partsOf(column)[1] === 'ctid' && 'SubLink' in rexpr! && rexpr.SubLink.subLinkType === 'ARRAY_SUBLINK';
}

const itemsOf = (node: Node): readonly Node[] => ('RowExpr' in node ? (node.RowExpr.args ?? []) : [node]);

function columnOf(node: Node): ColumnRef | null {
  if ('TypeCast' in node) return columnOf(node.TypeCast.arg!);
  return 'ColumnRef' in node ? node.ColumnRef : null;
}

function partsOf({ fields = [] }: ColumnRef): [qualifier: string | null, name: string] {
  const names = fields.map(textOf);
  return [names.at(-2) ?? null, names.at(-1)!];
}

/** All columns in `node`, without those in its subqueries. */
function columnsIn(node: unknown): ColumnRef[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === 'subselect') return [];
    return key === 'ColumnRef' ? [value as ColumnRef] : columnsIn(value);
  });
}
