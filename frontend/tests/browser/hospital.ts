/** A played hospital and a real browser for the tests of this folder. Needs `npm run build` first. */

import { spawn, type ChildProcess } from 'node:child_process';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const CHROMIUM = '/usr/bin/chromium';
/** The browser itself writes this for the look at the session before anybody has signed in. */
const EXPECTED = /status of 401|status of 423|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|WebSocket connection/;

export interface Hospital {
  address: string;
  browser: Browser;
  close: () => Promise<void>;
}

export async function openHospital(...options: string[]): Promise<Hospital> {
  const server = spawn('node', ['dev/server.mjs', '--port', '0', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = `http://127.0.0.1:${await portOf(server)}`;
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  return {
    address,
    browser,
    close: async () => {
      await browser.close();
      server.kill();
    },
  };
}

function portOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.on('exit', (code) => reject(new Error(`the development server ended with ${code}`)));
    server.stdout?.on('data', (said: Buffer) => {
      const port = /listening on (\d+)/.exec(said.toString())?.[1];
      if (port !== undefined) {
        resolve(port);
      }
    });
  });
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** What went wrong in the page so far: errors in the console, crashes, breaches of the policy. */
  problems: string[];
}

export async function visit({ browser, address }: Hospital, path = '/', locale = 'en-GB', density = 1): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale, deviceScaleFactor: density });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (failure) => problems.push(String(failure)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) {
      problems.push(message.text());
    }
  });
  await page.goto(address + path);
  return { page, context, problems };
}

export async function signIn(page: Page, username = 'radiologist', password = 'allward'): Promise<void> {
  await page.getByTestId('username').fill(username);
  await page.getByTestId('password').fill(password);
  await page.getByTestId('sign-in').click();
}

/** Open the study of the n-th row and wait for its images. */
export async function openRow(page: Page, row: number): Promise<void> {
  await page.getByTestId('worklist-row').nth(row).getByTestId('open-study').click();
  await ready(page);
}

export const ready = (page: Page) => page.locator('[data-viewer-ready=true]').waitFor({ timeout: 30_000 });
export const overlaid = (page: Page) => page.locator('[data-overlay-ready=true]').waitFor({ timeout: 30_000 });

/** What the page says of its own state. */
export async function look(page: Page) {
  const seen = await page.evaluate(() => (window as unknown as { __allward?: unknown }).__allward);
  return seen as {
    slices: Record<'axial' | 'sagittal' | 'coronal', { index: number; count: number }>;
    pointLpsMm: [number, number, number];
    selectedFindingId: string | null;
    window: { center: number; width: number };
    isOverlayShown: boolean;
    backend: string;
    measurements: { tool: string; lengthMm: number | null; words: string }[];
  };
}
