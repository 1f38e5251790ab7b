// @vitest-environment happy-dom
import { Route, Routes } from 'react-router';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startLanguages } from '@/i18n/language';
import { LaunchPage } from '@/rooms/launch/LaunchPage';
import { fixture, radiologist, settle, showPage, type Shown } from './showing';

beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await startLanguages();
});

const pages = (
  <Routes>
    <Route path="/launch" element={<LaunchPage />} />
    <Route path="/v/:studyId" element={<p>the viewer</p>} />
  </Routes>
);

let shown: Shown | null = null;
afterEach(() => {
  shown?.leave();
  shown = null;
});

const show = async (answer: unknown, at: string, language: 'en' | 'zh' = 'en') => {
  shown = await showPage(pages, () => answer, { who: radiologist, at, language });
  await settle();
  return shown;
};

describe('the page that a RIS leads to', () => {
  it('asks for the number with its issuer', async () => {
    const { asked } = await show(fixture('launched-several'), '/launch?accession=A%201&issuer=RIS-A');
    expect(asked.map((one) => one.path)).toEqual(['/api/v1/launch/?accession=A+1&issuer=RIS-A']);
  });

  it('opens none of several examinations and names their issuers', async () => {
    const { box } = await show(fixture('launched-several'), '/launch?accession=A1');
    expect(box.querySelector('[role="alert"]')?.textContent).toContain('2 examinations');
    expect(box.textContent).toContain('RIS-A / not stated');
  });

  it('says in Chinese that there is none', async () => {
    const { box } = await show({ study_id: null, found: 0, issuers: [] }, '/launch?accession=A1', 'zh');
    expect(box.querySelector('[role="alert"]')?.textContent).toContain('没有该检查号的检查');
  });

  it('asks nothing without a number', async () => {
    const { asked, box } = await show(null, '/launch');
    expect(asked).toEqual([]);
    expect(box.textContent).toContain('names no accession number');
  });

  it('leaves for the viewer where there is one', async () => {
    const { box } = await show(fixture('launched'), '/launch?accession=A1');
    expect(box.textContent).toContain('the viewer');
  });
});
