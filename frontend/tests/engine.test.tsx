// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { readFileSync } from 'node:fs';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineView, type EngineView } from '@/contract/engine';
import { me } from '@/contract/session';
import { formatBytes, formatSpan } from '@/i18n/format';
import { chooseLanguage, startLanguages, type Language } from '@/i18n/language';
import { historyKey, SPAN_MS, useBusyHistory, withLook } from '@/rooms/engine/busyHistory';
import { EnginePage, neighbour } from '@/rooms/engine/EnginePage';
import { total } from '@/rooms/engine/Figures';
import { sumOf } from '@/rooms/engine/Memory';
import { piecesOf } from '@/rooms/engine/Sparkline';
import { firstPage, sectionAt, sectionsOf } from '@/ui/pages';

const fixture = (name: string): unknown => (JSON.parse(readFileSync(`contract/fixtures/${name}.json`, 'utf8')) as { value: unknown }).value;
const view = engineView.parse(fixture('engine'));
const operator = me.parse(fixture('session-operator'));
const radiologist = me.parse(fixture('session'));
const asked = vi.fn<(path: string, body: unknown) => void>();

let unmount: () => void = () => undefined;
const settle = (): Promise<void> => act(() => new Promise<void>((done) => setTimeout(done, 20)));

/** Show the page as the server would answer it; `null`: nobody answers. */
async function show(answer: EngineView | null, { language = 'en' as Language, who = operator } = {}): Promise<HTMLElement> {
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    asked(path, typeof init.body === 'string' ? JSON.parse(init.body) : null);
    if (answer === null) {
      return Promise.reject(new TypeError('no network'));
    }
    const said = init.method === 'POST' ? fixture('engine-released') : answer;
    return Promise.resolve(new Response(JSON.stringify(said)));
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['session'], who);
  await act(() => chooseLanguage(language));
  const box = document.body.appendChild(document.createElement('div'));
  const root = createRoot(box);
  act(() =>
    root.render(
      <QueryClientProvider client={client}>
        <MantineProvider>
          <Notifications />
          <MemoryRouter>
            <EnginePage />
          </MemoryRouter>
        </MantineProvider>
      </QueryClientProvider>,
    ),
  );
  await settle();
  await settle();
  unmount = () => {
    act(() => root.unmount());
    box.remove();
  };
  return box;
}

const all = (box: ParentNode, testId: string): HTMLElement[] => [...box.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
const press = async (code: string): Promise<void> => {
  act(() => void window.dispatchEvent(new KeyboardEvent('keydown', { code })));
  await settle();
};

beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  Element.prototype.scrollIntoView = () => undefined;
  await startLanguages();
});
beforeEach(() => useBusyHistory.setState({ history: new Map() }));
afterEach(() => {
  unmount();
  asked.mockClear();
  vi.unstubAllGlobals();
});

describe('the engine page', () => {
  it('shows lanes, queue, jobs, models and counters as the server tells them', async () => {
    const box = await show(view);
    expect(all(box, 'lane').map(({ dataset }) => dataset.lane)).toEqual(['urgent', 'bulk']);
    expect(all(box, 'lane')[1]?.textContent).toContain('restarted 2 times');
    expect(all(box, 'queue-row')).toHaveLength(view.queue.length);
    expect(all(box, 'panel-queue')[0]?.textContent).toContain('46 waiting');
    expect(all(box, 'engine-job')).toHaveLength(5);
    expect(all(box, 'engine-model')[0]?.textContent).toContain('Liver and liver lesions on CT 1.0.0');
    expect(all(box, 'counters')[0]?.textContent).toContain('18,432');
    expect(all(box, 'ledger')[0]?.textContent).toContain('5.33 GiB of 8 GiB reserved');
  });

  it('says the same in Chinese', async () => {
    const box = await show(view, { language: 'zh' });
    expect(box.querySelector('h1')?.textContent).toBe('推理引擎');
    expect(all(box, 'queue-row')[0]?.textContent).toContain('危急');
    expect(all(box, 'lane')[0]?.textContent).toContain('紧急通道');
  });

  it('names no app that it was not told: the engine’s own word stands there', async () => {
    const box = await show(view);
    expect(all(box, 'engine-job').at(-1)?.textContent).toContain('organ_atlas');
  });

  it('says that nobody waits rather than nothing', async () => {
    const box = await show({ ...view, queue: [] });
    expect(all(box, 'queue-row')).toHaveLength(4);
    expect(all(box, 'queue-row').every(({ textContent }) => textContent.includes('Nobody waits'))).toBe(true);
  });

  it('is calm about an engine that is away, and still shows who waits', async () => {
    const box = await show(engineView.parse(fixture('engine-away')));
    expect(all(box, 'engine-state')[0]?.textContent).toBe('Away');
    expect(all(box, 'engine-away')[0]?.textContent).toContain('none is lost');
    expect(all(box, 'engine-away')[0]?.textContent).toContain('being started again');
    expect(all(box, 'failure')).toEqual([]);
    for (const panel of ['jobs', 'models', 'quarantine', 'slow']) {
      expect(all(box, `panel-${panel}`)[0]?.textContent).toContain('Not known');
    }
    expect(all(box, 'queue-row').length).toBeGreaterThan(4);
  });

  it('says so when nobody answers at all', async () => {
    expect(all(await show(null), 'failure')).toHaveLength(1);
  });

  it('does not show what is not known as 0', async () => {
    const [only] = view.engines;
    const [lane] = only?.lanes ?? [];
    if (only === undefined || lane === undefined) {
      throw new Error('the fixture has no lane');
    }
    const unknown = { ...only, lanes: [{ ...lane, busy_share: null, restarts: null }], ledger: { capacity_bytes: null, reserved_bytes: null, free_bytes: null }, counters: null };
    const box = await show({ ...view, engines: [unknown] });
    expect(all(box, 'lane')[0]?.textContent).toContain('—busy');
    expect(all(box, 'ledger')[0]?.textContent).toContain('— of — reserved');
    expect(all(box, 'counters')).toEqual([]);
  });

  it('shows a hospital’s administrator nothing of the others, and no way to release', async () => {
    const box = await show(engineView.parse(fixture('engine-of-hospital')), { who: { ...operator, permissions: ['tenant.administer'] } });
    expect(box.textContent).toContain('You see the work of');
    expect(all(box, 'lane')[1]?.textContent).toContain('Works on something else');
    expect(all(box, 'panel-queue')[0]?.textContent).not.toContain('County');
    expect(all(box, 'release')).toEqual([]);
    await press('KeyJ');
    await press('KeyR');
    expect(all(document.body, 'release-confirm')).toEqual([]);
  });
});

describe('quarantine', () => {
  it('is walked through and left by keys, after a question', async () => {
    const box = await show(view);
    await press('KeyR');
    expect(all(document.body, 'release-confirm')).toEqual([]);
    await press('KeyJ');
    expect(all(box, 'quarantined')[0]?.dataset.selected).toBe('true');
    await press('KeyR');
    const [confirm] = all(document.body, 'release-confirm');
    act(() => confirm?.click());
    await settle();
    expect(asked).toHaveBeenCalledWith('/api/v1/engine/quarantine/release/', { key: view.quarantine?.[0]?.key });
  });

  it('goes round and round', () => {
    expect(neighbour(['a', 'b'], null, 1)).toBe('a');
    expect(neighbour(['a', 'b'], 'b', 1)).toBe('a');
    expect(neighbour(['a', 'b'], null, -1)).toBe('b');
    expect(neighbour(['a', 'b'], 'gone', 1)).toBe('a');
    expect(neighbour([], null, 1)).toBeNull();
  });
});

describe('holding the picture', () => {
  it('stops the asking, and goes on', async () => {
    const box = await show(view);
    await press('Space');
    expect(all(box, 'engine-page')[0]?.dataset.held).toBe('true');
    expect(all(box, 'as-of')[0]?.textContent).toContain('Held');
    await press('Space');
    expect(all(box, 'engine-page')[0]?.dataset.held).toBeUndefined();
  });
});

describe('the line of the last minutes', () => {
  const at = (seconds: number, share: number | null): Pick<EngineView, 'at' | 'engines'> => ({
    at: new Date(Date.UTC(2026, 10, 22) + seconds * 1000).toISOString(),
    engines: view.engines.map((one) => ({ ...one, lanes: (one.lanes ?? []).slice(0, 1).map((lane) => ({ ...lane, busy_share: share })) })),
  });
  const key = historyKey('engine', 'urgent');

  it('keeps five minutes and forgets what is older', () => {
    let history = withLook(new Map(), at(0, 0.5));
    history = withLook(history, at(SPAN_MS / 1000 - 1, 0.25));
    expect(history.get(key)).toHaveLength(2);
    history = withLook(history, at(SPAN_MS / 1000 + 1, 1));
    expect(history.get(key)?.map(({ share }) => share)).toEqual([0.25, 1]);
  });

  it('counts one look once, and none that does not say', () => {
    const history = withLook(withLook(withLook(new Map(), at(0, 0.5)), at(0, 0.5)), at(2, null));
    expect(history.get(key)).toHaveLength(1);
  });

  it('leaves a gap where nobody looked', () => {
    const sample = (seconds: number) => ({ atMs: seconds * 1000, share: 0.5 });
    expect(piecesOf([sample(0), sample(2), sample(60), sample(62)]).map((piece) => piece.length)).toEqual([2, 2]);
  });
});

describe('sums', () => {
  it('of counters are unknown as soon as one engine does not tell', () => {
    const counters = view.engines[0]?.counters;
    if (counters == null) {
      throw new Error('the fixture has no counters');
    }
    expect(total([counters, counters], 'loads_total')).toBe(48);
    expect(total([counters, { ...counters, loads_total: null }], 'loads_total')).toBeNull();
  });

  it('of models count those that the reader may not know', () => {
    const [only] = view.engines;
    if (only === undefined) {
      throw new Error('the fixture has no engine');
    }
    const some = (only.models ?? []).slice(0, 1);
    expect(sumOf({ models: some, other_models: { count: 1, bytes: 100 } })).toBe((some[0]?.bytes ?? 0) + 100);
    expect(sumOf({ models: some, other_models: { count: 1, bytes: null } })).toBeNull();
  });
});

describe('who is led where', () => {
  const firstOf = (permissions: string[]): string[] => sectionsOf({ ...operator, permissions }).map(({ first }) => first);

  it('who looks at studies begins with the worklist and needs no navigation', () => {
    expect(firstPage(radiologist)).toBe('/worklist');
    expect(sectionsOf(radiologist)).toEqual([]);
  });

  it('who runs the platform or a hospital begins with the engines', () => {
    for (const permission of ['platform.operate', 'tenant.administer']) {
      expect(firstPage({ ...operator, permissions: [permission] })).toBe('/engine');
      expect(firstOf([permission])[0]).toBe('/engine');
    }
  });

  it('what is a hospital’s own stands together: its administrator is led there', () => {
    const sections = sectionsOf({ ...operator, permissions: ['tenant.administer'] });
    expect(sections.find(({ name }) => name === 'plugins')?.pages).toEqual(['/plugins', '/rules', '/acceptance', '/keys', '/entitlements', '/catalogue-policy']);
    expect(sectionAt(sections, '/keys')?.name).toBe('plugins');
    expect(sectionAt(sections, '/worklist')).toBeUndefined();
    expect(firstOf(['platform.operate'])).not.toContain('/plugins');
  });

  it('who does both goes from one to the other', () => {
    expect(firstPage({ ...operator, permissions: ['study.view', 'platform.operate'] })).toBe('/worklist');
    expect(firstOf(['study.view', 'platform.operate']).slice(0, 2)).toEqual(['/worklist', '/engine']);
  });
});

describe('amounts', () => {
  it('of memory are told in the unit that fits', () => {
    expect([0, 1023, 1024, 118 * 2 ** 20, 5.332 * 2 ** 30, 24 * 2 ** 30].map((bytes) => formatBytes(bytes, 'en'))).toEqual(['0 B', '1,023 B', '1 KiB', '118 MiB', '5.33 GiB', '24 GiB']);
  });

  it('of time are told in two units at most', () => {
    expect([0, 0.0002, 0.04, 2.46, 59.6, 131.6, 3600, 21_168, 180_000].map((seconds) => formatSpan(seconds, 'en'))).toEqual(['0s', '1ms', '40ms', '2.5s', '1m', '2m 12s', '1h', '5h 52m', '2d 2h']);
    expect(formatSpan(131.6, 'zh')).toBe('2分钟 12秒');
  });
});
