/** The study of the played hospital that has lung nodules: a chest at two dates, made when somebody looks. */

import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { chestSeries } from './chest.mjs';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
export const CHEST_ID = '7d3c5c52-6a14-4c7e-8a7e-0000000000c1';

let made = null;
const chest = () => (made ??= chestSeries());
const isChest = (uid) => uid.includes('.70.') || uid.includes('.80.');

/** The series of either date, or `null` for another study's. */
export function chestSeriesOf(uid) {
  if (!isChest(uid)) return null;
  const { current, prior } = chest();
  return [current, prior].find((one) => one.seriesInstanceUid === uid) ?? null;
}

export const chestLabelmap = () => gzipSync(chest().current.labels);
export const chestResults = () => fixture('results-nodules');

/** Its line in the worklist, made like the first one. */
export function chestItem(like) {
  const { results } = fixture('results-nodules');
  return {
    ...structuredClone(like),
    study_id: CHEST_ID,
    patient: { ...like.patient, name: { alphabetic: 'PHANTOM^CHEST', ideographic: null, phonetic: null }, patient_id: 'PHANTOM-2', sex: 'F', birth_date: '1962-04-18', age_years: 64 },
    body_part: 'CHEST',
    description: 'CT chest, follow-up',
    accession_number: 'A202600099',
    synthetic: true,
    priority: 'MEDIUM',
    received_at: new Date(Date.now() - 86_400_000).toISOString(),
    ai: { ...like.ai, state: 'completed', progress: 1, finding_count: results[0].findings.length, run_id: results[0].run_id },
  };
}

/** Its detail: the two images of the scout are left out, the earlier series belongs to another study. */
export function chestDetail(item) {
  const study = structuredClone(fixture('study'));
  const [result] = fixture('results-nodules').results;
  const [main] = study.series;
  const [run] = study.runs;
  return {
    ...study,
    ...item,
    study_instance_uid: result.series_instance_uid.replace(/2$/, '1'),
    series: [{ ...main, series_instance_uid: result.series_instance_uid, description: 'Synthetic chest, lung', instance_count: 132, spacing_mm: [2, 1.37, 1.37], body_part: 'CHEST' }],
    runs: [
      {
        ...run,
        run_id: result.run_id,
        app: result.app.id,
        title: result.app.title,
        state: 'completed',
        reasons: [],
        fault: null,
        result_id: result.result_id,
        plugins: [{ slot: 'lung_nodule.detector', id: result.plugins[0].id, version: '1.0.0', title: result.plugins[0].title, status: 'research' }],
      },
    ],
  };
}
