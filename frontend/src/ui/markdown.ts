/** The little of Markdown that model cards use, as data: no HTML ever comes out of a package. */

export type Inline = { kind: 'text' | 'code' | 'strong' | 'emphasis'; text: string };

export type Block =
  | { kind: 'heading'; level: number; text: Inline[] }
  | { kind: 'paragraph'; text: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'code'; text: string }
  | { kind: 'line' };

const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(?:\s*\1){2,}\s*$/;
const FENCE = /^\s*```/;
const ROW = /^\s*\|.*\|\s*$/;
const TABLE_LINE = /^\s*\|(?:\s*:?-+:?\s*\|)+\s*$/;

/** A card in two languages has a part for each, under a title of its own; the reader's part comes first. */
export function inOrderFor(language: 'zh' | 'en', markdown: string): string {
  const parts = markdown.split(/^---\s*$(?=\s*^# )/m).map((part) => part.trim());
  const isChinese = (part: string): boolean => /\p{Script=Han}/u.test(part.split('\n', 1)[0] ?? '');
  const own = parts.filter((part) => isChinese(part) === (language === 'zh'));
  return [...own, ...parts.filter((part) => !own.includes(part))].join('\n\n---\n\n');
}

/** Read the blocks of a text, from top to bottom. */
export function blocksOf(markdown: string): Block[] {
  const lines = markdown.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = blockAt(lines, at);
    if (block !== null) {
      blocks.push(block);
    }
    at = next;
  }
  return blocks;
}

function blockAt(lines: readonly string[], at: number): [Block | null, number] {
  const line = lines[at] ?? '';
  if (line.trim() === '') {
    return [null, at + 1];
  }
  if (HEADING.test(line)) {
    return [headingOf(line), at + 1];
  }
  if (RULE.test(line)) {
    return [{ kind: 'line' }, at + 1];
  }
  if (FENCE.test(line)) {
    return codeAt(lines, at);
  }
  if (ROW.test(line) && TABLE_LINE.test(lines[at + 1] ?? '')) {
    return tableAt(lines, at);
  }
  return ITEM.test(line) ? listAt(lines, at) : paragraphAt(lines, at);
}

function headingOf(line: string): Block {
  const [, marks = '#', text = ''] = HEADING.exec(line) ?? [];
  return { kind: 'heading', level: marks.length, text: inlinesOf(text) };
}

function codeAt(lines: readonly string[], at: number): [Block, number] {
  const end = lines.findIndex((line, index) => index > at && FENCE.test(line));
  const last = end < 0 ? lines.length : end;
  return [{ kind: 'code', text: lines.slice(at + 1, last).join('\n') }, last + 1];
}

const cellsOf = (line: string): Inline[][] => line.trim().slice(1, -1).split('|').map((cell) => inlinesOf(cell.trim()));

function tableAt(lines: readonly string[], at: number): [Block, number] {
  const end = lines.findIndex((line, index) => index > at + 1 && !ROW.test(line));
  const last = end < 0 ? lines.length : end;
  return [{ kind: 'table', head: cellsOf(lines[at] ?? ''), rows: lines.slice(at + 2, last).map(cellsOf) }, last];
}

function listAt(lines: readonly string[], at: number): [Block, number] {
  const items: string[] = [];
  const ordered = ITEM.exec(lines[at] ?? '')?.[1] !== undefined;
  let next = at;
  for (; next < lines.length && (lines[next] ?? '').trim() !== ''; next += 1) {
    const item = ITEM.exec(lines[next] ?? '');
    if (item === null) {
      items.push(joined(items.pop() ?? '', lines[next] ?? ''));
    } else {
      items.push(item[2] ?? '');
    }
  }
  return [{ kind: 'list', ordered, items: items.map(inlinesOf) }, next];
}

function paragraphAt(lines: readonly string[], at: number): [Block, number] {
  const ends = (line: string): boolean => line.trim() === '' || HEADING.test(line) || RULE.test(line) || FENCE.test(line) || ITEM.test(line);
  const end = lines.findIndex((line, index) => index > at && ends(line));
  const last = end < 0 ? lines.length : end;
  return [{ kind: 'paragraph', text: inlinesOf(lines.slice(at, last).reduce(joined, '')) }, last];
}

const WIDE = /[\p{Script=Han}，。；：、！？（）“”]/u;

/** Two lines as one; between Chinese characters a line break is no space. */
function joined(before: string, line: string): string {
  const after = line.trim();
  const isWide = WIDE.test(before.at(-1) ?? '') || WIDE.test(after.charAt(0));
  return before === '' ? after : `${before}${isWide ? '' : ' '}${after}`;
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g;

/** Split a line into plain and marked pieces; a link is its words and its address, never a way out. */
export function inlinesOf(text: string): Inline[] {
  const found: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, strong, emphasis, words, address] = match;
    found.push({ kind: 'text', text: text.slice(from, match.index) });
    if (code !== undefined) {
      found.push({ kind: 'code', text: code });
    } else if (strong !== undefined) {
      found.push({ kind: 'strong', text: strong });
    } else if (emphasis !== undefined) {
      found.push({ kind: 'emphasis', text: emphasis });
    } else {
      found.push({ kind: 'text', text: words === address || words === '' ? (address ?? '') : `${words ?? ''} (${address ?? ''})` });
    }
    from = match.index + whole.length;
  }
  return [...found, { kind: 'text' as const, text: text.slice(from) }].filter((piece) => piece.text !== '');
}
