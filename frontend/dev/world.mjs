/** The hospital that the development server plays: the contract's fixtures around one real or synthetic CT series. */

import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import { CHEST_ID, chestDetail, chestItem, chestResults } from './chestWorld.mjs';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const RESULT_ID = fixture('results').results[0].result_id;
const STARTED = Date.parse('2026-11-22T09:04:00Z');

const session = fixture('session');
export const me = { ...session, permissions: [...new Set([...session.permissions, 'report.write'])] };
const operator = fixture('session-operator');
const administrator = { ...operator, username: 'administrator', display_name: 'Liu Yan 刘艳', role: 'tenant_administrator', roles: ['tenant_administrator'], permissions: ['tenant.administer'] };

/** Who signs in: the radiologist, unless it is one of those who run things. */
export const person = (username) => ({ operator, administrator })[username] ?? me;
export const patientCandidates = fixture('patient-candidates');

/** Keep the list young: the newest study came just now. */
const rejuvenate = (item) => ({ ...item, received_at: new Date(Date.parse(item.received_at) + Date.now() - STARTED).toISOString() });

export function makeWorld(series) {
  const items = fixture('worklist').items.map(rejuvenate);
  const results = new Map();
  const labelmap = gzipSync(series.labels);
  for (const item of items) {
    item.study_instance_uid = `${series.studyInstanceUid}`;
    results.set(item.study_id, resultsFor(item, series));
  }
  const chest = chestItem(items[0]);
  items.push(chest);
  results.set(CHEST_ID, chestResults());
  return { items, results, labelmap, series, studyOf: (item) => (item === chest ? chestDetail(item) : studyOf(item, series)) };
}

function resultsFor(item, series) {
  if (item.ai.state === 'not_evaluable') {
    return fixture('results-not-evaluable');
  }
  if (item.ai.state !== 'completed') {
    return fixture('results-none');
  }
  return completedResults(item, series);
}

/** Findings measured on the series' own labels. */
export function completedResults(item, series) {
  const { results } = structuredClone(fixture('results'));
  const [result] = results;
  result.run_id = item.ai.run_id;
  result.series_instance_uid = series.seriesInstanceUid;
  result.frame_of_reference_uid = series.frameOfReferenceUid;
  Object.assign(result.segmentation, {
    shape_kji: series.shapeKji,
    index_to_lps_mm: series.indexToLpsMm,
    frame_of_reference_uid: series.frameOfReferenceUid,
  });
  const suffix = item.study_id.slice(-12);
  result.result_id = `${RESULT_ID.slice(0, -12)}${suffix}`;
  const parts = measureLabels(series);
  const [organ, lesion] = result.findings;
  const lesions = parts.lesions.map((part, index) => ({
    ...structuredClone(lesion),
    title: { en: `Liver lesion ${index + 1}`, zh: `肝脏病灶 ${index + 1}` },
    centre_lps_mm: part.centre,
    measurements: [
      { ...lesion.measurements[0], value: part.ml },
      { ...lesion.measurements[1], value: part.diameterMm },
    ],
  }));
  organ.centre_lps_mm = parts.organ.centre;
  organ.measurements[0].value = parts.organ.ml;
  organ.measurements[0].bound = parts.organ.cutOff ? 'at_least' : 'exact';
  organ.cut_off = parts.organ.cutOff;
  result.findings = item.ai.finding_count === 0 ? [] : [organ, ...lesions];
  result.findings.forEach((finding, index) => {
    finding.finding_id = `e${String(index).padStart(7, '0')}-0000-4000-8000-${suffix}`;
  });
  if (item.ai.finding_count === 0) result.segmentation = null;
  return { results };
}

function measureLabels({ labels, shapeKji, spacingKjiMm, indexToLpsMm }) {
  const [slices, rows, columns] = shapeKji;
  const voxelMl = (spacingKjiMm[0] * spacingKjiMm[1] * spacingKjiMm[2]) / 1000;
  const place = (k, j, i) => indexToLpsMm.slice(0, 3).map((row) => row[0] * k + row[1] * j + row[2] * i + row[3]);
  const sum = (voxels) => {
    const mean = [0, 0, 0];
    for (const at of voxels) {
      mean[0] += Math.floor(at / (rows * columns)) / voxels.length;
      mean[1] += (Math.floor(at / columns) % rows) / voxels.length;
      mean[2] += (at % columns) / voxels.length;
    }
    return { centre: place(...mean), ml: voxels.length * voxelMl };
  };
  const organ = [];
  labels.forEach((value, at) => value > 0 && organ.push(at));
  const edge = rows * columns;
  const cutOff = organ.some((at) => at < edge || at >= (slices - 1) * edge);
  return { organ: { ...sum(organ), cutOff }, lesions: componentsOf(labels, 2, [rows * columns, columns, 1]).filter((part) => part.length * voxelMl > 0.5).map((part) => ({ ...sum(part), diameterMm: 2 * Math.cbrt((3 * part.length * voxelMl * 1000) / (4 * Math.PI)) })) };
}

function componentsOf(labels, value, strides) {
  const seen = new Uint8Array(labels.length);
  const parts = [];
  for (let start = 0; start < labels.length; start += 1) {
    if (labels[start] !== value || seen[start]) continue;
    const part = [start];
    seen[start] = 1;
    for (let next = 0; next < part.length; next += 1) {
      for (const step of strides.flatMap((stride) => [stride, -stride])) {
        const at = part[next] + step;
        if (labels[at] === value && !seen[at]) {
          seen[at] = 1;
          part.push(at);
        }
      }
    }
    parts.push(part);
  }
  return parts.sort((one, other) => other.length - one.length);
}

function studyOf(item, series) {
  const detail = { ...structuredClone(fixture('study')), ...item };
  const [main, scout] = detail.series;
  main.series_instance_uid = series.seriesInstanceUid;
  main.instance_count = series.metadata.length;
  main.spacing_mm = series.spacingKjiMm;
  const isCt = item.modalities.includes('CT');
  detail.series = isCt ? detail.series : [{ ...scout, modality: item.modalities[0], description: item.description }];
  const [run] = detail.runs;
  run.run_id = item.ai.run_id;
  run.progress = item.ai.progress;
  run.state = { not_evaluable: 'completed', none: 'canceled' }[item.ai.state] ?? item.ai.state;
  run.reasons = item.ai.reasons;
  run.fault = item.ai.fault;
  run.result_id = null;
  detail.runs = item.ai.run_id === null ? [] : [run];
  return detail;
}
