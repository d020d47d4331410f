import { Compass } from 'lucide-react';
import { Link } from 'wouter';
import { EmptyState } from '../kit/states.tsx';

export default function NotFoundPage() {
  return (
    <EmptyState
      icon={Compass}
      level={1}
      title="Page not found"
      action={
        <Link className="rollcall-button" href="/">
          Your organizations
        </Link>
      }
    />
  );
}
