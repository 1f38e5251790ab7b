// Reads [{schema, value}] from stdin and says what the pages' own definitions refuse; bundled by the test.
import * as archives from '../../../frontend/src/contract/archives.ts';
import * as catalogue from '../../../frontend/src/contract/catalogue.ts';
import * as counsel from '../../../frontend/src/contract/counsel.ts';
import * as corrections from '../../../frontend/src/contract/corrections.ts';
import * as engine from '../../../frontend/src/contract/engine.ts';
import * as entitlements from '../../../frontend/src/contract/entitlements.ts';
import * as live from '../../../frontend/src/contract/live.ts';
import * as plugins from '../../../frontend/src/contract/plugins.ts';
import * as publisherKeys from '../../../frontend/src/contract/publisherKeys.ts';
import * as reports from '../../../frontend/src/contract/reports.ts';
import * as readings from '../../../frontend/src/contract/readings.ts';
import * as results from '../../../frontend/src/contract/results.ts';
import * as rules from '../../../frontend/src/contract/rules.ts';
import * as session from '../../../frontend/src/contract/session.ts';
import * as study from '../../../frontend/src/contract/study.ts';
import * as worklist from '../../../frontend/src/contract/worklist.ts';

const schemas = { ...archives, ...catalogue, ...counsel, ...corrections, ...engine, ...entitlements, ...live, ...plugins, ...publisherKeys, ...reports, ...readings, ...results, ...rules, ...session, ...study, ...worklist };
let text = '';
for await (const chunk of process.stdin) {
  text += chunk;
}
const refused = JSON.parse(text).map(({ schema, value }) => {
  const parsed = schemas[schema].safeParse(value);
  return parsed.success ? null : parsed.error.message;
});
process.stdout.write(JSON.stringify(refused));
