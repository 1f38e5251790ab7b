import { gzipSync } from 'node:zlib';
import { greyPng } from './png.mjs';

const BOUNDARY = 'allward-part';
const uidOf = (instance) => instance['00080018'].Value[0];

/** The few DICOMweb resources that the viewer asks for, of one series. */
export function dicomWeb(series, url, response) {
  const rest = url.pathname.replace(/^\/dicom-web(\/hospitals\/[^/]+)?\/studies\/[^/]+\/series\//, '');
  const [seriesUid, kind, sop, what] = rest.split('/');
  if (seriesUid !== series.seriesInstanceUid) {
    // The scout of the played study: two single images.
    const at = Math.floor(series.metadata.length / 2);
    return answer({ ...series, metadata: series.metadata.slice(at, at + 2) }, [kind, sop, what], url, response);
  }
  return answer(series, [kind, sop, what], url, response);
}

function answer(series, [kind, sop, what], url, response) {
  if (kind === 'metadata') return dicomJson(response, series.metadata);
  if (kind === 'instances' && sop === undefined) {
    const offset = Number(url.searchParams.get('offset') ?? 0);
    return dicomJson(response, series.metadata.slice(offset, offset + Number(url.searchParams.get('limit') ?? 1000)));
  }
  if (what === 'frames') return frame(response, series.frames.get(sop));
  if (what === 'rendered') return rendered(response, series, sop, url.searchParams);
  response.writeHead(404);
  return response.end();
}

function dicomJson(response, value) {
  response.writeHead(200, { 'Content-Type': 'application/dicom+json', 'Content-Encoding': 'gzip' });
  response.end(gzipSync(JSON.stringify(value)));
}

function frame(response, bytes) {
  response.writeHead(200, { 'Content-Type': `multipart/related; type="application/octet-stream"; boundary=${BOUNDARY}` });
  response.end(
    Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nContent-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\r\n\r\n`), bytes, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
  );
}

function rendered(response, series, sop, query) {
  const header = series.metadata.find((one) => uidOf(one) === sop);
  const [rows, columns] = [header['00280010'].Value[0], header['00280011'].Value[0]];
  const [center, width] = (query.get('window') ?? '40,400').split(',').map(Number);
  const [across] = (query.get('viewport') ?? '96,96').split(',').map(Number);
  const intercept = header['00281052'].Value[0];
  const bytes = series.frames.get(sop);
  const grey = new Uint8Array(across * across);
  for (let y = 0; y < across; y += 1) {
    for (let x = 0; x < across; x += 1) {
      const at = Math.floor((y * rows) / across) * columns + Math.floor((x * columns) / across);
      const hu = bytes.readInt16LE(at * 2) + intercept;
      grey[y * across + x] = Math.max(0, Math.min(255, ((hu - center) / width + 0.5) * 255));
    }
  }
  response.writeHead(200, { 'Content-Type': 'image/png' });
  response.end(greyPng(across, across, grey));
}
