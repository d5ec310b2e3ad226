import { createRoot } from 'react-dom/client';
import { Store } from '../model/store.ts';
import { Connection } from './connection.ts';
import { PageProvider } from './page.tsx';
import { Shell } from './shell.tsx';
import './style/tokens.css';
import './style/page.css';
import './style/parts.css';
import { Address } from './url.ts';

const store = new Store((announce) => requestAnimationFrame(announce));
const connection = new Connection(store);
const element = document.querySelector('#page');
if (element === null) throw new Error('the page has no place to be drawn in');
createRoot(element).render(
  <PageProvider store={store} connection={connection} address={new Address()}>
    <Shell />
  </PageProvider>,
);
void connection.open();
