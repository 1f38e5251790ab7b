/** Read one uncompressed series from a folder, for looking at real images during development. */

import fs from 'node:fs';
import path from 'node:path';
import dicomParser from 'dicom-parser';

const NUMBERS = { '00180050': 'DS', '00200013': 'IS', '00200032': 'DS', '00200037': 'DS', '00280030': 'DS', '00281050': 'DS', '00281051': 'DS', '00281052': 'DS', '00281053': 'DS' };
const TEXTS = { '00080008': 'CS', '00080016': 'UI', '00080018': 'UI', '00080060': 'CS', '0008103E': 'LO', '0020000D': 'UI', '0020000E': 'UI', '00200052': 'UI', '00280004': 'CS' };
const SHORTS = ['00280002', '00280010', '00280011', '00280100', '00280101', '00280102', '00280103'];

const parserTag = (tag) => `x${tag.toLowerCase()}`;

function headerOf(data) {
  const header = {};
  for (const [tag, vr] of Object.entries(NUMBERS)) {
    const text = data.string(parserTag(tag));
    if (text) header[tag] = { vr, Value: text.split('\\').map(Number) };
  }
  for (const [tag, vr] of Object.entries(TEXTS)) {
    const text = data.string(parserTag(tag));
    if (text) header[tag] = { vr, Value: text.split('\\') };
  }
  for (const tag of SHORTS) {
    const value = data.uint16(parserTag(tag));
    if (value !== undefined) header[tag] = { vr: 'US', Value: [value] };
  }
  return header;
}

const filesBelow = (folder) =>
  fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(full) : [full];
  });

export function folderSeries(folder, labelmapFile) {
  const frames = new Map();
  const metadata = filesBelow(folder)
    .filter((file) => file.endsWith('.dcm'))
    .map((file) => {
      const bytes = fs.readFileSync(file);
      const data = dicomParser.parseDicom(bytes);
      const header = headerOf(data);
      const pixels = data.elements.x7fe00010;
      frames.set(header['00080018'].Value[0], bytes.subarray(pixels.dataOffset, pixels.dataOffset + pixels.length));
      return header;
    })
    .sort((one, other) => one['00200032'].Value[2] - other['00200032'].Value[2]);
  const first = metadata[0];
  const [x, y, z] = first['00200032'].Value;
  const [dj, di] = first['00280030'].Value;
  const dk = metadata[1]['00200032'].Value[2] - z;
  const shapeKji = [metadata.length, first['00280010'].Value[0], first['00280011'].Value[0]];
  return {
    studyInstanceUid: first['0020000D'].Value[0],
    seriesInstanceUid: first['0020000E'].Value[0],
    frameOfReferenceUid: first['00200052'].Value[0],
    metadata,
    frames,
    labels: labelmapFile ? fs.readFileSync(labelmapFile) : new Uint8Array(shapeKji[0] * shapeKji[1] * shapeKji[2]),
    shapeKji,
    spacingKjiMm: [dk, dj, di],
    indexToLpsMm: [
      [0, 0, di, x],
      [0, dj, 0, y],
      [dk, 0, 0, z],
      [0, 0, 0, 1],
    ],
  };
}
