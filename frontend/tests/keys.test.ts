// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { actionOf, isTaken, KEYS, shownKey, type KeyPress } from '@/app/keys';
import { chinese, english } from '@/i18n/resources';

const press = (code: string, more: Partial<KeyPress> = {}): KeyPress => ({
  code,
  keyCode: 0,
  isComposing: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...more,
});

const element = (html: string): Element => {
  document.body.innerHTML = html;
  const found = document.body.querySelector('[data-here]');
  if (found === null) {
    throw new Error('no [data-here]');
  }
  return found;
};

describe('the key table', () => {
  it('goes by the physical key, whatever the layout prints on it', () => {
    expect(actionOf(press('KeyJ'), 'viewer')).toBe('nextFinding');
    expect(actionOf(press('KeyN'), 'viewer')).toBe('nextFinding');
  });

  it('knows the context: arrows move rows in the list and slices in the viewer', () => {
    expect(actionOf(press('ArrowDown'), 'worklist')).toBe('rowDown');
    expect(actionOf(press('ArrowDown'), 'viewer')).toBe('sliceDown');
  });

  it('keeps ? and / apart', () => {
    expect(actionOf(press('Slash', { shiftKey: true }), 'global')).toBe('help');
    expect(actionOf(press('Slash'), 'worklist')).toBe('search');
  });

  it('keeps Z and Ctrl Z apart, and Cmd is as good as Ctrl', () => {
    expect(actionOf(press('KeyZ'), 'viewer')).toBe('toolZoom');
    expect(actionOf(press('KeyZ', { ctrlKey: true }), 'viewer')).toBe('undo');
    expect(actionOf(press('KeyZ', { metaKey: true }), 'viewer')).toBe('undo');
  });

  it("leaves the browser's own combinations alone", () => {
    expect(actionOf(press('KeyA', { ctrlKey: true }), 'viewer')).toBeNull();
    expect(actionOf(press('ArrowUp', { altKey: true }), 'viewer')).toBeNull();
  });

  it('is dead while a character is being composed', () => {
    expect(actionOf(press('KeyA', { isComposing: true }), 'viewer')).toBeNull();
    expect(actionOf(press('KeyA', { keyCode: 229 }), 'viewer')).toBeNull();
  });

  it('does not accept a finding again and again while the key is held', () => {
    expect(actionOf(press('KeyA', { repeat: true }), 'viewer')).toBeNull();
    expect(actionOf(press('ArrowDown', { repeat: true }), 'viewer')).toBe('sliceDown');
  });

  it('gives no key two meanings in one place', () => {
    const seen = Object.values(KEYS).flatMap((key) =>
      key.codes.map((code) => `${key.context} ${'ctrl' in key ? 'ctrl ' : ''}${'shift' in key ? 'shift ' : ''}${code}`),
    );
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('prints every key, and both languages say what it does', () => {
    for (const [action, key] of Object.entries(KEYS)) {
      expect(shownKey(key)).not.toBe('');
      expect(english.keys.actions).toHaveProperty(action);
      expect(chinese.keys.actions).toHaveProperty(action);
    }
  });
});

describe('keys that belong to somebody else', () => {
  it.each(['<input data-here>', '<textarea data-here></textarea>', '<div contenteditable="true"><b data-here></b></div>', '<div role="menu"><i data-here></i></div>', '<div role="dialog"><i data-here></i></div>'])(
    'are left alone in %s',
    (html) => {
      expect(isTaken('KeyA', element(html))).toBe(true);
    },
  );

  it('Enter presses a focused button, a letter does not', () => {
    const button = element('<button data-here></button>');
    expect(isTaken('Enter', button)).toBe(true);
    expect(isTaken('Space', button)).toBe(true);
    expect(isTaken('KeyA', button)).toBe(false);
  });

  it('arrows move a focused slider, letters stay ours', () => {
    const slider = element('<div role="slider" data-here></div>');
    expect(isTaken('ArrowUp', slider)).toBe(true);
    expect(isTaken('KeyO', slider)).toBe(false);
  });

  it('everything else is ours', () => {
    expect(isTaken('KeyA', element('<div data-here></div>'))).toBe(false);
    expect(isTaken('KeyA', null)).toBe(false);
  });
});
