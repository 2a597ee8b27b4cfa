/** New entities of kinds whose form is all there is to say. */
import { CreatePage } from '../entities/create-page.tsx';

export const NewRoutePage = () => (
  <CreatePage collection="routes" crumbs={[{ label: 'Routes', to: '/routes' as '/' }]} />
);
export const NewConsumerPage = () => (
  <CreatePage collection="consumers" crumbs={[{ label: 'Consumers', to: '/consumers' as '/' }]} />
);
export const NewUpstreamPage = () => (
  <CreatePage collection="upstreams" crumbs={[{ label: 'Upstreams', to: '/upstreams' as '/' }]} />
);
