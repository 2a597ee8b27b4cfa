/** What is there when there is no page, or when a page fails. */
import { Link, useRouter } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { Button } from '../parts/button.tsx';
import { Page } from '../parts/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <p className="text-soft">
        The address may be of another version.{' '}
        <Link to={'/live' as '/'} className="link">
          Go to the first page
        </Link>
        .
      </p>
    </Page>
  );
}

export function PageError({ error }: { readonly error: Error }) {
  const router = useRouter();
  return (
    <Page title="This page failed">
      <div role="alert" className="rounded-lg border border-line bg-surface p-4">
        <p className="text-soft">
          It is a mistake of the page, not of the gateway, which goes on serving. What went wrong:
        </p>
        <pre className="mt-2 overflow-x-auto text-12">{error.message}</pre>
        <div className="mt-3">
          <Button icon={RotateCw} onClick={() => void router.invalidate()}>
            Try again
          </Button>
        </div>
      </div>
    </Page>
  );
}
