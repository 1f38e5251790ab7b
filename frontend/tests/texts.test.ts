import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { chinese, english } from '@/i18n/resources';

type Texts = { [key: string]: string | Texts };

const keysOf = (texts: Texts, path = ''): string[] =>
  Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [path + key] : keysOf(value, `${path}${key}.`)));
const valuesOf = (texts: Texts): string[] => Object.values(texts).flatMap((value) => (typeof value === 'string' ? [value] : valuesOf(value)));
const slotsOf = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort();
const at = (texts: Texts, path: string): string => {
  const found = path.split('.').reduce<string | Texts>((held, key) => (typeof held === 'string' ? held : (held[key] ?? '')), texts);
  return typeof found === 'string' ? found : '';
};

const HAN = /\p{Script=Han}/u;
const LETTER = /\p{L}/u;
/** Attributes that a person reads or hears. */
const READ = new Set(['title', 'label', 'placeholder', 'alt', 'aria-label', 'aria-description', 'description', 'text', 'thumbLabel']);
/** Numbers, units, dashes and the word "English" need no characters. */
const SAME_IN_BOTH = /^(plugins\.(changed|moveOf|departmentOf|package\.takenBy|history\.where)|rules\.words\.and|common\.english|worklist\.nothingToReview|common\.comma|reporting\.(ris\.names|templates\.inLanguage)|viewer\.(slab|report\.message|correct\.(size|radiusMm)|tools\.slabMm|nodule\.(volume|delta|size|sizeLong)|slice|info\.memoryMib)|common\.patientNumber|engine\.unknown|viewer\.info\.traceLine|viewer\.finding\.(atLeast|exact|centreLps|provenance|provenanceBare))$/;
const SOURCE = new URL('../src/', import.meta.url);
/** The product's own name is the same in both languages. */
const NAMES = new Set(['Allward']);

/** What a person would read of this node, or `null`. */
function wordsOf(node: ts.Node): string | null {
  if (ts.isJsxText(node)) {
    return LETTER.test(node.text) ? node.text : null;
  }
  if (!ts.isStringLiteralLike(node)) {
    return null;
  }
  const isShown = ts.isJsxExpression(node.parent) && !ts.isJsxAttribute(node.parent.parent);
  const isRead = ts.isJsxAttribute(node.parent) && READ.has(node.parent.name.getText());
  return HAN.test(node.text) || ((isShown || isRead) && LETTER.test(node.text)) ? node.text : null;
}

/** Words for people that stand in the code instead of in the locale files. */
export function literalsIn(name: string, source: string): string[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const found: string[] = [];
  const note = (node: ts.Node, text: string): void => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${name}:${line + 1} ${text.trim()}`);
  };
  const look = (node: ts.Node): void => {
    const words = wordsOf(node);
    if (words !== null) {
      note(node, words);
    }
    ts.forEachChild(node, look);
  };
  look(file);
  return found.filter((one) => !NAMES.has(one.split(' ').slice(1).join(' ')));
}

describe('texts', () => {
  it('exist in both languages, key by key', () => {
    expect(keysOf(chinese)).toEqual(expect.arrayContaining(keysOf(english)));
    expect(keysOf(english)).toEqual(expect.arrayContaining(keysOf(chinese)));
  });

  it('are never empty', () => {
    expect([...valuesOf(english), ...valuesOf(chinese)].filter((text) => text.trim() === '')).toEqual([]);
  });

  it('take the same values in both languages', () => {
    const differing = keysOf(english).filter((key) => slotsOf(at(english, key)).join() !== slotsOf(at(chinese, key)).join());
    expect(differing).toEqual([]);
  });

  it('are Chinese where they should be', () => {
    const withoutCharacters = keysOf(chinese).filter((key) => !HAN.test(at(chinese, key)));
    expect(withoutCharacters.filter((key) => !SAME_IN_BOTH.test(key))).toEqual([]);
  });

  it('stand in the locale files and never in the code', () => {
    const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
    expect(files.length).toBeGreaterThan(50);
    const found = files.flatMap((name) => literalsIn(name, readFileSync(new URL(name, SOURCE), 'utf8')));
    expect(found).toEqual([]);
  });

  it.each([
    ['text between tags', 'const a = <p>Hello</p>;'],
    ['an attribute that is read', 'const a = <img alt="A liver" />;'],
    ['a string in braces', "const a = <p>{'Hello'}</p>;"],
    ['Chinese anywhere', "const a = '肝脏';"],
  ])('the guard bites on %s', (_what, source) => {
    expect(literalsIn('planted.tsx', source)).toHaveLength(1);
  });
});
