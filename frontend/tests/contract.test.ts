import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as acceptance from '@/contract/acceptance';
import * as archives from '@/contract/archives';
import * as catalogue from '@/contract/catalogue';
import * as corrections from '@/contract/corrections';
import * as counsel from '@/contract/counsel';
import * as dicomJson from '@/contract/dicomJson';
import * as engine from '@/contract/engine';
import * as entitlements from '@/contract/entitlements';
import * as live from '@/contract/live';
import type { Wire } from '@/contract/localised';
import * as patient from '@/contract/patient';
import * as plugins from '@/contract/plugins';
import * as publisherKeys from '@/contract/publisherKeys';
import * as publishing from '@/contract/publishing';
import * as readings from '@/contract/readings';
import * as reports from '@/contract/reports';
import * as results from '@/contract/results';
import * as rules from '@/contract/rules';
import * as session from '@/contract/session';
import * as shadow from '@/contract/shadow';
import * as study from '@/contract/study';
import * as worklist from '@/contract/worklist';

const FIXTURES = new URL('../contract/fixtures/', import.meta.url);
const WIRES: Record<string, unknown> = { ...acceptance, ...archives, ...catalogue, ...corrections, ...counsel, ...dicomJson, ...engine, ...entitlements, ...live, ...patient, ...plugins, ...publisherKeys, ...publishing, ...readings, ...reports, ...results, ...rules, ...session, ...shadow, ...study, ...worklist };

interface Fixture {
  schema: string;
  why?: string;
  value: unknown;
}

const read = (folder: URL) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, ...(JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Fixture) }));
const wire = (schema: string): Wire<unknown> => {
  expect(WIRES, `no schema "${schema}"`).toHaveProperty(schema);
  return WIRES[schema] as Wire<unknown>;
};

describe('the wire contract', () => {
  it.each(read(FIXTURES))('takes $name', ({ schema, value }) => {
    const parsed = wire(schema).safeParse(value);
    expect(parsed.success ? '' : parsed.error.message).toBe('');
  });

  it.each(read(new URL('negative/', FIXTURES)))('refuses $name: $why', ({ schema, value }) => {
    expect(wire(schema).safeParse(value).success).toBe(false);
  });

  it('shows the other rows and counts the one that it cannot read', () => {
    const { items } = JSON.parse(readFileSync(new URL('worklist.json', FIXTURES), 'utf8')).value as { items: object[] };
    const parsed = worklist.worklistPage.parse({ items: [...items, { ...items[0], priority: 'SOON' }], next: null, total: null });
    expect(parsed.items).toHaveLength(items.length);
    expect(parsed.unreadable).toBe(1);
  });

  it('keeps "not measured" apart from zero', () => {
    const { value } = JSON.parse(readFileSync(new URL('results.json', FIXTURES), 'utf8')) as Fixture;
    const { results: all } = results.studyResults.parse(value);
    const values = all.flatMap((one) => one.findings).flatMap((one) => one.measurements).map((one) => one.value);
    expect(values).toContain(null);
    expect(values).not.toContain(0);
  });
});
