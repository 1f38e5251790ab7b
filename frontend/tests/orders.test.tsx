// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { readFileSync } from 'node:fs';
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { me } from '@/contract/session';
import { run, studyDetail, type Run } from '@/contract/study';
import { placeWords } from '@/geometry/orientation';
import { chooseLanguage, startLanguages } from '@/i18n/language';
import { RunOrder } from '@/rooms/viewer/RunOrder';
import { SamePatient } from '@/rooms/viewer/SamePatient';
import { WorklistHead } from '@/rooms/worklist/WorklistHead';
import { reasonUnder } from '@/ui/reasons';

const fixture = (name: string): unknown => (JSON.parse(readFileSync(`contract/fixtures/${name}.json`, 'utf8')) as { value: unknown }).value;
const study = studyDetail.parse(fixture('study'));
const session = me.parse(fixture('session'));
const asked = vi.fn<(path: string, body: unknown) => void>();

let unmount: () => void = () => undefined;

/** Let what was asked for be answered; React shows it when this ends. */
const settle = (): Promise<void> => act(() => new Promise<void>((done) => setTimeout(done, 20)));

/** Show a piece to somebody who is signed in at the study's hospital, or at another. */
async function show(children: ReactNode, { isHome = true, until = null as string | null } = {}): Promise<HTMLElement> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const tenant = isHome ? study.tenant : { ...study.tenant, id: 'elsewhere' };
  client.setQueryData(['session'], { ...session, tenant, permissions: ['result.review', 'run.order', 'study.view'] });
  await act(() => chooseLanguage('zh'));
  const box = document.body.appendChild(document.createElement('div'));
  const root = createRoot(box);
  act(() =>
    root.render(
      <QueryClientProvider client={client}>
        <MantineProvider>{children}</MantineProvider>
      </QueryClientProvider>,
    ),
  );
  await vi.waitFor(async () => {
    await settle();
    expect(until === null || at(box, until) !== null).toBe(true);
  });
  unmount = () => {
    act(() => root.unmount());
    box.remove();
  };
  return box;
}

const at = (box: HTMLElement, testId: string): HTMLElement | null => box.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
const press = async (box: HTMLElement, testId: string): Promise<void> => {
  act(() => at(box, testId)?.click());
  await settle();
};

beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await startLanguages();
});
afterEach(() => {
  unmount();
  asked.mockClear();
  vi.unstubAllGlobals();
});

function answerWith(answers: Record<string, string>): void {
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    if (init.method === 'POST') {
      asked(path, typeof init.body === 'string' ? JSON.parse(init.body) : null);
    }
    const name = Object.entries(answers).find(([part]) => path.includes(part))?.[1];
    return Promise.resolve(name === undefined ? new Response('{}', { status: 404 }) : new Response(JSON.stringify(fixture(name))));
  });
}

describe('other numbers of a patient', () => {
  const ANSWERS = { 'patient-candidates': 'patient-candidates', '/link/': 'patient-link' };
  const OFFERED = { until: 'same-patient' };

  it('are offered with who gave them, and a person says whether it is the same', async () => {
    answerWith(ANSWERS);
    const box = await show(<SamePatient study={study} />, OFFERED);
    expect(at(box, 'same-candidate')?.textContent).toContain('住院号 ZY880012');
    await press(box, 'same-yes');
    expect(asked).toHaveBeenCalledWith('/api/v1/patients/3f2b8c00-0000-4000-8000-000000000001/link/', {
      other_id: '3f2b8c00-0000-4000-8000-000000000002',
      same: true,
    });
  });

  it('stay marked once decided, and the word can be changed', async () => {
    answerWith(ANSWERS);
    const box = await show(<SamePatient study={study} />, OFFERED);
    const decided = [...box.querySelectorAll('[data-testid="same-decided"]')].map((one) => [one.getAttribute('data-same'), one.textContent]);
    expect(decided).toEqual([
      ['true', expect.stringContaining('体检号 TJ0009')],
      ['false', expect.stringContaining('门诊号 MZ5521')],
    ]);
    await press(box, 'same-change');
    expect(asked).toHaveBeenCalledWith(expect.stringContaining('/link/'), { other_id: '3f2b8c00-0000-4000-8000-000000000003', same: false });
  });

  it('are shown but not decided by somebody of another hospital', async () => {
    answerWith(ANSWERS);
    const box = await show(<SamePatient study={study} />, { ...OFFERED, isHome: false });
    expect(at(box, 'same-candidate')).not.toBeNull();
    expect(at(box, 'same-yes')).toBeNull();
  });
});

describe('a run', () => {
  const runIn = (state: Run['state']): Run => run.parse({ ...study.runs[0], state });

  it.each([
    ['failed', 'run-repeat', '/repeat/'],
    ['canceled', 'run-repeat', '/repeat/'],
    ['in_progress', 'run-cancel', '/cancel/'],
    ['scheduled', 'run-cancel', '/cancel/'],
  ] as const)('that is %s offers %s', async (state, testId, path) => {
    answerWith({ '/runs/': 'run-ordered' });
    const box = await show(<RunOrder study={study} run={runIn(state)} />);
    await press(box, testId);
    expect(asked).toHaveBeenCalledWith(expect.stringContaining(path), null);
  });

  it('that is over offers nothing, and nobody orders at another hospital', async () => {
    expect((await show(<RunOrder study={study} run={runIn('completed')} />)).querySelector('button')).toBeNull();
    unmount();
    expect((await show(<RunOrder study={study} run={runIn('failed')} />, { isHome: false })).querySelector('button')).toBeNull();
  });
});

describe('the order of the worklist', () => {
  it('is said by the head that it follows, and turned round by pressing it', async () => {
    const onOrder = vi.fn();
    let box = await show(<WorklistHead withHospital order="urgent" onOrder={onOrder} style={{}} />);
    expect(box.querySelector('[aria-sort="descending"]')?.textContent).toBe('优先级');
    await press(box, 'order-by-received');
    expect(onOrder).toHaveBeenLastCalledWith('newest');
    unmount();
    box = await show(<WorklistHead withHospital order="newest" onOrder={onOrder} style={{}} />);
    await press(box, 'order-by-received');
    expect(onOrder).toHaveBeenLastCalledWith('oldest');
    await press(box, 'order-by-priority');
    expect(onOrder).toHaveBeenLastCalledWith('urgent');
  });
});

describe('small words', () => {
  it('a reason does not repeat the words above it', () => {
    expect(reasonUnder('Not evaluable', 'Not evaluable: slices are missing.')).toBe('Slices are missing.');
    expect(reasonUnder('无法评估', '无法评估：缺少层面：1。')).toBe('缺少层面：1。');
    expect(reasonUnder('Not evaluable', 'Too few slices.')).toBe('Too few slices.');
    expect(reasonUnder('Not evaluable', 'Not evaluable.')).toBe('Not evaluable.');
  });

  it('a place in the patient is lettered as the images are', () => {
    expect(placeWords([-63.2, 2.1, -290.4])).toBe('R 63 · P 2 · F 290');
  });
});
