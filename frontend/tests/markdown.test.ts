import { describe, expect, it } from 'vitest';
import { blocksOf, inOrderFor, inlinesOf } from '@/ui/markdown';

const kinds = (text: string): string[] => blocksOf(text).map(({ kind }) => kind);

describe('the text of a model card', () => {
  it('has headings, paragraphs, lists, tables, code and lines', () => {
    expect(kinds('# A\n\ntext\nmore\n\n- one\n  goes on\n- two\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```\nx\n```\n\n---\n')).toEqual(['heading', 'paragraph', 'list', 'table', 'code', 'line']);
  });

  it('joins lines with a space, and Chinese lines without one', () => {
    expect(blocksOf('one\ntwo')).toEqual([{ kind: 'paragraph', text: [{ kind: 'text', text: 'one two' }] }]);
    expect(blocksOf('肝脏\n病灶')).toEqual([{ kind: 'paragraph', text: [{ kind: 'text', text: '肝脏病灶' }] }]);
  });

  it('marks code and stress, and leads nowhere', () => {
    expect(inlinesOf('see `sbom.json`, **not** *that*, [here](https://example.org)')).toEqual([
      { kind: 'text', text: 'see ' },
      { kind: 'code', text: 'sbom.json' },
      { kind: 'text', text: ', ' },
      { kind: 'strong', text: 'not' },
      { kind: 'text', text: ' ' },
      { kind: 'emphasis', text: 'that' },
      { kind: 'text', text: ', ' },
      { kind: 'text', text: 'here (https://example.org)' },
    ]);
  });

  it('keeps what it does not know as the words that they are', () => {
    expect(blocksOf('<script>alert(1)</script>')).toEqual([{ kind: 'paragraph', text: [{ kind: 'text', text: '<script>alert(1)</script>' }] }]);
    expect(kinds('```\nnever closed')).toEqual(['code']);
    expect(kinds('')).toEqual([]);
  });

  it('begins with the part in the reader’s language', () => {
    const card = '# Liver\n\nwords\n\n---\n\n# 肝脏\n\n文字';
    expect(inOrderFor('zh', card).startsWith('# 肝脏')).toBe(true);
    expect(inOrderFor('en', card).startsWith('# Liver')).toBe(true);
    expect(inOrderFor('zh', '# Liver only')).toBe('# Liver only');
  });
});
