/**
 * Development server: the built page with a played hospital behind it.
 *
 *   node dev/server.mjs [--port N] [--dicom FOLDER] [--labelmap FILE] [--pace SECONDS]
 *
 * Without --dicom it shows a synthetic phantom. Any user name with the password "allward" signs in;
 * the user "locked" is locked out, "operator" and "administrator" see the engines and no studies. The study that is
 * running moves on by 2 % every --pace seconds, and so do the engines (0: all stands still).
 */

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { dicomWeb } from './dicomWeb.mjs';
import { folderSeries } from './dicomFolder.mjs';
import { makeAcceptance } from './acceptance.mjs';
import { makeAdministration } from './administration.mjs';
import { chestLabelmap, chestSeriesOf } from './chestWorld.mjs';
import { makeArchives } from './archives.mjs';
import { makeEngines } from './engines.mjs';
import { makePlugins } from './plugins.mjs';
import { phantomSeries } from './phantom.mjs';
import { makePolicy } from './policy.mjs';
import { makeReadingRoom } from './readingRoom.mjs';
import { makeReporting } from './reporting.mjs';
import { completedResults, makeWorld, me, patientCandidates, person } from './world.mjs';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '5180' }, dicom: { type: 'string' }, labelmap: { type: 'string' }, pace: { type: 'string', default: '2' } },
});
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.json': 'application/json' };
const words = (en, zh) => ({ en, zh });

const series = options.dicom ? folderSeries(options.dicom, options.labelmap) : phantomSeries();
const world = makeWorld(series);
const resultOf = (id) => [...world.results.values()].flatMap(({ results }) => results).find((one) => one.result_id === id);
const readingRoom = makeReadingRoom(resultOf, ({ result_id }) => {
  const [study_id] = [...world.results].find(([, { results }]) => results.some((one) => one.result_id === result_id));
  tell({ type: 'result.changed', study_id, result_id });
});
const plugins = makePlugins();
const administration = makeAdministration();
const archives = makeArchives();
const reporting = makeReporting(world.items.map(({ study_id }) => study_id));
const policy = makePolicy();
const acceptance = makeAcceptance();
const engines = makeEngines({ moves: Number(options.pace) > 0 });
/** Session id to the person who signed in. */
const sessions = new Map();
const sockets = new Set();
const tell = (message) => sockets.forEach((socket) => socket.send(JSON.stringify(message)));

const json = (response, status, value) => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
};
const refuse = (response, status, code, detail) => json(response, status, { detail, code });
const bytesOf = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};
const jsonOf = (bytes) => (bytes.length > 0 ? JSON.parse(bytes.toString()) : {});
const bodyOf = async (request) => jsonOf(await bytesOf(request));
const cookieOf = (request, name) => request.headers.cookie?.split('; ').find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
const whoAsks = (request) => sessions.get(cookieOf(request, 'sessionid'));
const isSignedIn = (request) => whoAsks(request) !== undefined;

async function session(request, response) {
  if (request.method === 'GET') {
    response.setHeader('Set-Cookie', 'csrftoken=dev-token; Path=/; SameSite=Lax');
    return isSignedIn(request) ? json(response, 200, whoAsks(request)) : refuse(response, 401, 'not_signed_in', words('Sign in first.', '请先登录。'));
  }
  if (request.headers['x-csrftoken'] !== 'dev-token') {
    return refuse(response, 403, 'csrf', words('The form is too old.', '表单已过期。'));
  }
  if (request.method === 'DELETE') {
    sessions.delete(cookieOf(request, 'sessionid'));
    response.writeHead(204);
    return response.end();
  }
  const { username, password } = await bodyOf(request);
  if (username === 'locked') {
    return refuse(response, 423, 'account_locked', words('This account is locked for 15 minutes after five wrong attempts.', '连续五次输入错误，账户已锁定 15 分钟。'));
  }
  if (password !== 'allward') {
    return refuse(response, 401, 'wrong_credentials', words('User name or password is wrong.', '用户名或密码错误。'));
  }
  const id = String(Math.random()).slice(2);
  sessions.set(id, person(username));
  response.setHeader('Set-Cookie', `sessionid=${id}; Path=/; HttpOnly; SameSite=Lax`);
  return json(response, 200, person(username));
}

function worklist(url, response) {
  const q = (url.searchParams.get('q') ?? '').toLowerCase();
  const modality = url.searchParams.get('modality');
  const ai = url.searchParams.get('ai');
  const items = world.items.filter(
    (item) =>
      (!q || JSON.stringify(item.patient).toLowerCase().replaceAll('^', '').includes(q.replaceAll('^', ''))) &&
      (!modality || item.modalities.includes(modality)) &&
      (!ai || item.ai.state === ai),
  );
  return json(response, 200, { items, next: null, total: items.length });
}

async function review(request, response, findingId) {
  const { decision, reason, version } = await bodyOf(request);
  for (const [studyId, { results }] of world.results) {
    const finding = results.flatMap((one) => one.findings).find((one) => one.finding_id === findingId);
    if (!finding) continue;
    if (finding.version !== version) {
      return refuse(response, 409, 'version_moved', words('Somebody else reviewed this finding meanwhile.', '此发现刚被他人审核。'));
    }
    const state = { accept: 'accepted', reject: 'rejected', reset: 'unreviewed' }[decision];
    Object.assign(finding, { version: version + 1, review: { state, by: me.display_name, at: new Date().toISOString(), reason } });
    const item = world.items.find((one) => one.study_id === studyId);
    const states = results.flatMap((one) => one.findings).map((one) => one.review.state);
    item.review = states.every((one) => one !== 'unreviewed') ? 'reviewed' : states.some((one) => one !== 'unreviewed') ? 'partly' : 'unreviewed';
    tell({ type: 'study.changed', study_id: studyId, item });
    return json(response, 200, finding);
  }
  return refuse(response, 404, 'not_found', words('There is no such finding.', '没有此发现。'));
}

/** A word on two numbers: the pair is not offered again. */
async function link(request, response) {
  const { other_id, same } = await bodyOf(request);
  const { patient, candidates, decided } = patientCandidates;
  const pair = [...candidates, ...decided.map((one) => one.patient)].find((one) => one.id === other_id);
  if (!pair) return refuse(response, 404, 'not_found', words('There is no such patient.', '没有此患者。'));
  patientCandidates.candidates = candidates.filter((one) => one !== pair);
  patientCandidates.decided = [...decided.filter((one) => one.patient !== pair), { patient: pair, same, by: me.username }];
  return json(response, 200, { one: patient, other: pair, same });
}

/** A run that failed is queued again; one that runs is stopped. */
function order(response, runId, what) {
  const item = world.items.find((one) => one.ai.run_id === runId);
  if (!item) return refuse(response, 404, 'not_found', words('There is no such run.', '没有此运行。'));
  Object.assign(item.ai, { state: what === 'repeat/' ? 'scheduled' : 'none', progress: null, fault: null, reasons: [] });
  tell({ type: 'study.changed', study_id: item.study_id, item });
  return json(response, 200, { run_id: runId, state: what === 'repeat/' ? 'SCHEDULED' : 'CANCELED' });
}

function study(response, id, part) {
  const item = world.items.find((one) => one.study_id === id);
  if (!item) {
    return refuse(response, 404, 'not_found', words('There is no such study, or you may not see it.', '没有此检查，或您无权查看。'));
  }
  return json(response, 200, part === 'results/' ? world.results.get(id) : world.studyOf(item));
}

function labelmap(response, id) {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Encoding': 'gzip' });
  response.end(id.endsWith('c1') ? chestLabelmap() : world.labelmap);
}

const notAllowed = (response) => refuse(response, 403, 'permission_denied', words('Your role does not allow this.', '您的角色无权进行此操作。'));

/** The engines for those who run things; `engine/away/` plays that they do not answer, which no real server has. */
async function engineRoom(request, response, rest) {
  const asker = whoAsks(request);
  const operates = asker.permissions.includes('platform.operate');
  if (!operates && !asker.permissions.includes('tenant.administer')) return notAllowed(response);
  if (rest === 'engine/') return json(response, 200, engines.view(asker));
  if (!operates) return notAllowed(response);
  const said = await bodyOf(request);
  if (rest === 'engine/quarantine/release/') return json(response, 200, engines.release(said.key));
  engines.away(said.away);
  return json(response, 200, said);
}

/** Plug-ins and rules: who looks at studies may read what spoke, an administrator may change it. */
async function pluginRoom(request, response, rest) {
  const asker = whoAsks(request);
  const administers = asker.permissions.includes('tenant.administer');
  const reads = request.method === 'GET' && rest.startsWith('plugins/') && asker.permissions.includes('study.view');
  if (!administers && !reads) return notAllowed(response);
  const bytes = await bytesOf(request);
  const isFile = request.headers['content-type'] === 'application/octet-stream';
  const { status, value } = plugins.answer(asker, request.method, rest, isFile ? bytes : jsonOf(bytes));
  if (status !== 204) return json(response, status, value);
  response.writeHead(204);
  return response.end();
}

const READING = /^(results|readings|reports|critical-notices)\/|\/(seen|readings)\/$/;
const ARCHIVES = /^(archives|retrievals)\//;
const REPORTING = /^(ris-connections|report-messages|report-templates|guidelines)\//;
const POLICIES = /^(followed-catalogue|regulatory-policy|usage-sharing)\//;
const ADMINISTERED = [POLICIES, ARCHIVES, REPORTING, /^(entitlements|usage|publisher-keys|acceptance)\//];

function answerOf(method, rest, said) {
  if (rest.startsWith('acceptance/')) return acceptance.answer(method, rest, said.body);
  if (POLICIES.test(rest)) return policy.answer(method, rest, said.body);
  if (REPORTING.test(rest)) return reporting.answer(method, rest, said);
  if (ARCHIVES.test(rest)) return archives.answer(method, rest, said);
  return administration.answer(method, rest, said);
}

/** What only a hospital's administrator may ask. */
async function administratorRoom(request, response, { url, rest }) {
  if (!whoAsks(request).permissions.includes('tenant.administer')) return notAllowed(response);
  const bytes = await bytesOf(request);
  const body = request.headers['content-type']?.startsWith('text/csv') ? bytes.toString() : jsonOf(bytes);
  const answer = answerOf(request.method, rest, { body, asked: url.searchParams });
  const { status, value } = answer;
  if (status !== 204) return json(response, status, value);
  response.writeHead(204);
  return response.end();
}

async function api(request, response, url) {
  const rest = url.pathname.slice('/api/v1/'.length);
  if (rest === 'session/') return session(request, response);
  if (!isSignedIn(request)) return refuse(response, 401, 'not_signed_in', words('Sign in first.', '请先登录。'));
  if (rest.startsWith('engine/')) return engineRoom(request, response, rest);
  if (/^(plugins|installations|rules)\//.test(rest)) return pluginRoom(request, response, rest);
  if (ADMINISTERED.some((rooms) => rooms.test(rest))) return administratorRoom(request, response, { url, rest });
  if (!whoAsks(request).permissions.includes('study.view')) return notAllowed(response);
  const read = await readerRoom(request, rest);
  return read === undefined ? studyRoom(request, response, { url, rest }) : json(response, read.status, read.value);
}

/** What readers do: judge, correct, report, tell. `undefined`: nothing of that. */
async function readerRoom(request, rest) {
  const body = READING.test(rest) && request.method !== 'GET' ? await bodyOf(request) : {};
  const told = rest.startsWith('critical-notices/') ? reporting.notices(request.method, rest, body) : undefined;
  return told ?? readingRoom(request.method, rest, body);
}

function studyRoom(request, response, { url, rest }) {
  if (rest === 'worklist/') return worklist(url, response);
  const [, room, id, part] = rest.match(/^(studies|segmentations|findings|patients|runs)\/([^/]+)\/(.*)$/) ?? [];
  if (room === 'patients') return link(request, response);
  if (room === 'runs') return order(response, id, part);
  if (part === 'patient-candidates/') return json(response, 200, patientCandidates);
  if (room === 'studies') return study(response, id, part);
  if (room === 'segmentations') return labelmap(response, id);
  if (room === 'findings') return review(request, response, id);
  return refuse(response, 404, 'not_found', words('Not found.', '未找到。'));
}

function page(response, pathname) {
  const file = path.join(DIST, pathname);
  const isFile = file.startsWith(DIST) && fs.existsSync(file) && fs.statSync(file).isFile();
  if (!isFile && pathname.startsWith('/assets/')) {
    response.writeHead(404);
    return response.end();
  }
  const served = isFile ? file : path.join(DIST, 'index.html');
  const bytes = fs.readFileSync(served);
  const type = TYPES[path.extname(served)] ?? 'application/octet-stream';
  response.writeHead(200, { 'Content-Type': type, 'Content-Encoding': 'gzip', 'Content-Security-Policy': POLICY });
  return response.end(gzipSync(bytes, { level: 1 }));
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/api/v1/')) {
    api(request, response, url).catch((failure) => {
      console.error(failure);
      refuse(response, 500, 'crashed', words('The server failed.', '服务器出错。'));
    });
  } else if (url.pathname.startsWith('/dicom-web/')) {
    if (!isSignedIn(request)) refuse(response, 401, 'not_signed_in', words('Sign in first.', '请先登录。'));
    else dicomWeb(chestSeriesOf(url.pathname.split('/series/')[1]?.split('/')[0] ?? '') ?? series, url, response);
  } else {
    page(response, url.pathname);
  }
});

new WebSocketServer({ server, path: '/ws/' }).on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
});

/** The running study moves on and finishes, as the engine would make it. */
const running = world.items.find((item) => item.ai.state === 'in_progress');
const moveOn = () => {
  running.ai.progress = Math.min(1, running.ai.progress + 0.02);
  tell({ type: 'run.progress', study_id: running.study_id, run_id: running.ai.run_id, progress: running.ai.progress });
  if (running.ai.progress < 1) return;
  clearInterval(step);
  const found = completedResults({ ...running, ai: { ...running.ai, finding_count: null } }, series);
  running.ai = { ...running.ai, state: 'completed', progress: 1, finding_count: found.results[0].findings.length };
  running.review = 'unreviewed';
  world.results.set(running.study_id, found);
  tell({ type: 'study.changed', study_id: running.study_id, item: running });
  tell({ type: 'result.changed', study_id: running.study_id, result_id: found.results[0].result_id });
};
const paceMs = Number(options.pace) * 1000;
const step = paceMs > 0 ? setInterval(moveOn, paceMs) : undefined;

server.listen(Number(options.port), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
