import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Telemetry } from '@troupe/core/telemetry';
import { devtools } from '@troupe/devtools';
import type { DevtoolsOptions } from '@troupe/devtools';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

/** A name of somebody else's that points to this machine. */
export const reboundHost = 'rebound.test';

const quiet = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  `--host-resolver-rules=MAP ${reboundHost} 127.0.0.1`,
];
const packed = ['--headless=shell', '--use-gl=angle', '--use-angle=swiftshader'];

/** An installed Chromium; where there is none, the one of the test's own package. */
export async function openBrowser(): Promise<Browser> {
  const installed = installedChromium();
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args: quiet });
  const { default: own } = await import('@sparticuz/chromium');
  return chromium.launch({ executablePath: await own.executablePath(), args: [...quiet, ...packed] });
}

function installedChromium(): string | undefined {
  const given = process.env['CHROME_PATH'];
  if (given !== undefined) return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A page of the devtools, and what it did that it should not have done. */
export class Visit implements AsyncDisposable {
  readonly page: Page;
  readonly address: URL;
  /** Errors in the console, exceptions, and requests to anything but the server that it came from. */
  readonly faults: readonly string[];
  readonly server: Closable;
  readonly #close: () => Promise<void>;

  private constructor(
    page: Page,
    address: URL,
    faults: readonly string[],
    server: Closable,
    close: () => Promise<void>,
  ) {
    this.page = page;
    this.address = address;
    this.faults = faults;
    this.server = server;
    this.#close = close;
  }

  /** Serves `telemetry` and opens its page. `query` as `view=log&stage=fir`. */
  static async to(browser: Browser, telemetry: Telemetry, options: VisitOptions = {}): Promise<Visit> {
    const { query = '', look, token, ...served } = options;
    let printed = '';
    const observer = devtools({ control: true, ...served, onAddress: (url) => (printed = url) });
    await observer.attach({ telemetry: () => Promise.resolve(telemetry) });
    if (token !== undefined) printed = printed.replace(/token=.*/, `token=${token}`);
    return Visit.at(browser, printed, { query, look, server: observer });
  }

  /** Opens a printed address. */
  static async at(browser: Browser, printed: string, options: AddressOptions = {}): Promise<Visit> {
    const { query = '', look, server } = options;
    const address = new URL(printed);
    address.search = query;
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, ...look });
    const page = await context.newPage();
    const faults = watchFaults(page, address);
    await page.goto(address.href);
    const end = async (): Promise<void> => {
      await context.close();
      await server?.close();
    };
    return new Visit(page, address, faults, server ?? { close: end }, end);
  }

  /** The graph has been drawn. */
  async drawn(): Promise<void> {
    await this.page.locator('.react-flow :is(.stage, .group)').first().waitFor();
  }

  async picture(name: string): Promise<void> {
    mkdirSync(artefacts, { recursive: true });
    await this.page.screenshot({ path: join(artefacts, `${name}.png`), animations: 'disabled' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

interface AddressOptions {
  readonly query?: string;
  readonly look?: BrowserContextOptions | undefined;
  readonly server?: Closable;
}

interface Closable {
  readonly close: () => Promise<void>;
}

interface VisitOptions extends DevtoolsOptions {
  /** Instead of the right one. */
  readonly token?: string;
  readonly query?: string;
  readonly look?: BrowserContextOptions | undefined;
}

const artefacts = join(import.meta.dirname, '../artefacts');

function watchFaults(page: Page, address: URL): readonly string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  const look = (text: string): void => {
    const { host, protocol } = new URL(text);
    if (host !== address.host && protocol !== 'data:' && protocol !== 'blob:')
      faults.push(`asked for ${text}`);
  };
  page.on('request', (request) => look(request.url()));
  page.on('websocket', (socket) => look(socket.url()));
  return faults;
}
