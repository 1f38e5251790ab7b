/**
 * Every key of the page in one table.
 *
 * Keys are physical (`event.code`), so that a Chinese, German or French layout changes nothing, and dead
 * while somebody types in a field or composes a character with an input method.
 */

export type KeyContext = 'global' | 'worklist' | 'viewer' | 'engine' | 'plugins' | 'rules' | 'acceptance' | 'publisherKeys' | 'entitlements' | 'critical' | 'reporting';

export interface KeyBinding {
  /** Physical keys; any of them does it. */
  codes: readonly [string, ...string[]];
  context: KeyContext;
  shift?: true;
  ctrl?: true;
  /** May repeat while the key stays down. */
  repeats?: true;
}

export const KEYS = {
  help: { codes: ['Slash'], context: 'global', shift: true },
  search: { codes: ['Slash'], context: 'worklist' },
  rowDown: { codes: ['ArrowDown'], context: 'worklist', repeats: true },
  rowUp: { codes: ['ArrowUp'], context: 'worklist', repeats: true },
  openRow: { codes: ['Enter', 'NumpadEnter'], context: 'worklist' },
  nextFinding: { codes: ['KeyJ', 'KeyN'], context: 'viewer' },
  previousFinding: { codes: ['KeyK'], context: 'viewer' },
  accept: { codes: ['KeyA'], context: 'viewer' },
  reject: { codes: ['KeyX'], context: 'viewer' },
  edit: { codes: ['KeyE'], context: 'viewer' },
  brush: { codes: ['KeyB'], context: 'viewer' },
  addFinding: { codes: ['KeyQ'], context: 'viewer' },
  addOutline: { codes: ['KeyQ'], context: 'viewer', shift: true },
  saveEdit: { codes: ['Enter', 'NumpadEnter'], context: 'viewer' },
  cancelEdit: { codes: ['Escape'], context: 'viewer' },
  undo: { codes: ['KeyZ'], context: 'viewer', ctrl: true },
  overlay: { codes: ['KeyO'], context: 'viewer' },
  preset1: { codes: ['Digit1', 'Numpad1'], context: 'viewer' },
  preset2: { codes: ['Digit2', 'Numpad2'], context: 'viewer' },
  preset3: { codes: ['Digit3', 'Numpad3'], context: 'viewer' },
  preset4: { codes: ['Digit4', 'Numpad4'], context: 'viewer' },
  preset5: { codes: ['Digit5', 'Numpad5'], context: 'viewer' },
  toolWindow: { codes: ['KeyW'], context: 'viewer' },
  toolPan: { codes: ['KeyP'], context: 'viewer' },
  toolZoom: { codes: ['KeyZ'], context: 'viewer' },
  toolLength: { codes: ['KeyM'], context: 'viewer' },
  toolCrosshair: { codes: ['KeyT'], context: 'viewer' },
  sliceUp: { codes: ['ArrowUp'], context: 'viewer', repeats: true },
  sliceDown: { codes: ['ArrowDown'], context: 'viewer', repeats: true },
  sliceFirst: { codes: ['Home'], context: 'viewer' },
  sliceLast: { codes: ['End'], context: 'viewer' },
  maximise: { codes: ['KeyF'], context: 'viewer' },
  reset: { codes: ['Space'], context: 'viewer' },
  deleteMeasurement: { codes: ['Backspace', 'Delete'], context: 'viewer' },
  modelCard: { codes: ['KeyI'], context: 'viewer' },
  seriesList: { codes: ['BracketLeft'], context: 'viewer' },
  panel: { codes: ['BracketRight'], context: 'viewer' },
  panelTab: { codes: ['KeyG'], context: 'viewer' },
  slab: { codes: ['KeyS'], context: 'viewer' },
  compare: { codes: ['Period'], context: 'viewer' },
  panelLanes: { codes: ['Digit1', 'Numpad1'], context: 'engine' },
  panelQueue: { codes: ['Digit2', 'Numpad2'], context: 'engine' },
  panelJobs: { codes: ['Digit3', 'Numpad3'], context: 'engine' },
  panelMemory: { codes: ['Digit4', 'Numpad4'], context: 'engine' },
  panelModels: { codes: ['Digit5', 'Numpad5'], context: 'engine' },
  panelQuarantine: { codes: ['Digit6', 'Numpad6'], context: 'engine' },
  panelSlow: { codes: ['Digit7', 'Numpad7'], context: 'engine' },
  nextHeld: { codes: ['KeyJ', 'KeyN'], context: 'engine' },
  previousHeld: { codes: ['KeyK'], context: 'engine' },
  release: { codes: ['KeyR'], context: 'engine' },
  pause: { codes: ['Space'], context: 'engine' },
  searchPlugins: { codes: ['Slash'], context: 'plugins' },
  nextPlugin: { codes: ['KeyJ', 'ArrowDown'], context: 'plugins', repeats: true },
  previousPlugin: { codes: ['KeyK', 'ArrowUp'], context: 'plugins', repeats: true },
  openPlugin: { codes: ['Enter', 'NumpadEnter'], context: 'plugins' },
  importPlugin: { codes: ['KeyI'], context: 'plugins' },
  searchRules: { codes: ['Slash'], context: 'rules' },
  nextRule: { codes: ['KeyJ', 'ArrowDown'], context: 'rules', repeats: true },
  previousRule: { codes: ['KeyK', 'ArrowUp'], context: 'rules', repeats: true },
  openRule: { codes: ['Enter', 'NumpadEnter'], context: 'rules' },
  newRule: { codes: ['KeyN'], context: 'rules' },
  dryRun: { codes: ['KeyD'], context: 'rules' },
  nextSet: { codes: ['KeyJ', 'ArrowDown'], context: 'acceptance', repeats: true },
  previousSet: { codes: ['KeyK', 'ArrowUp'], context: 'acceptance', repeats: true },
  newSet: { codes: ['KeyN'], context: 'acceptance' },
  nextPublisherKey: { codes: ['KeyJ', 'ArrowDown'], context: 'publisherKeys', repeats: true },
  previousPublisherKey: { codes: ['KeyK', 'ArrowUp'], context: 'publisherKeys', repeats: true },
  addPublisherKey: { codes: ['KeyN'], context: 'publisherKeys' },
  nextNotice: { codes: ['KeyJ', 'ArrowDown'], context: 'critical', repeats: true },
  previousNotice: { codes: ['KeyK', 'ArrowUp'], context: 'critical', repeats: true },
  openNotice: { codes: ['Enter', 'NumpadEnter'], context: 'critical' },
  searchRulesOfTable: { codes: ['Slash'], context: 'reporting' },
  addConnection: { codes: ['KeyN'], context: 'reporting' },
  addToken: { codes: ['KeyN'], context: 'entitlements' },
} as const satisfies Record<string, KeyBinding>;

export type KeyAction = keyof typeof KEYS;

/** What is looked at of a keyboard event. */
export interface KeyPress {
  code: string;
  keyCode: number;
  isComposing: boolean;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
}

/** `keyCode` of every key that an input method has taken (UI Events, "legacy key attributes"). */
const TAKEN_BY_INPUT_METHOD = 229;

/** Which action a key press means here, or `null`. */
export function actionOf(press: KeyPress, context: KeyContext): KeyAction | null {
  if (press.isComposing || press.keyCode === TAKEN_BY_INPUT_METHOD || press.altKey) {
    return null;
  }
  const found = Object.entries(KEYS).find(([, binding]) => matches(press, binding, context));
  return found === undefined ? null : (found[0] as KeyAction);
}

function matches(press: KeyPress, binding: KeyBinding, context: KeyContext): boolean {
  return (
    (binding.context === 'global' || binding.context === context) &&
    binding.codes.includes(press.code) &&
    press.shiftKey === (binding.shift ?? false) &&
    (press.ctrlKey || press.metaKey) === (binding.ctrl ?? false) &&
    (!press.repeat || binding.repeats === true)
  );
}

/** Places where a key belongs to somebody else: text fields, open menus, dialogs and lists. */
const TAKEN =
  'input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=""], [contenteditable=true], [role=textbox], [role=menu], [role=listbox], [role=dialog]';

/** Where Enter and Space press what has the focus. */
const PRESSABLE = 'button, a[href], [role=button], [role=menuitem], summary';
const PRESSING = new Set(['Enter', 'NumpadEnter', 'Space']);
/** A focused slider moves with these. */
const SLIDING = /^(Arrow|Home|End|Page)/;

/** Whether a key pressed at `target` must be left alone. */
export function isTaken(code: string, target: Element | null): boolean {
  if (target === null) {
    return false;
  }
  return (
    target.closest(TAKEN) !== null ||
    (PRESSING.has(code) && target.closest(PRESSABLE) !== null) ||
    (SLIDING.test(code) && target.closest('[role=slider], input[type=range]') !== null)
  );
}

const SHOWN: Record<string, string> = {
  Slash: '/',
  BracketLeft: '[',
  BracketRight: ']',
  Period: '.',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Space: '␣',
  Backspace: '⌫',
  Escape: 'Esc',
  Enter: '↵',
};

/** How a binding is printed on the cheat-sheet: its first key, as it stands on a US keyboard. */
export function shownKey(binding: KeyBinding): string {
  const [code] = binding.codes;
  if (binding.shift && code === 'Slash') {
    return '?';
  }
  const bare = SHOWN[code] ?? code.replace(/^(Key|Digit)/, '');
  return `${binding.ctrl ? 'Ctrl ' : ''}${binding.shift ? 'Shift ' : ''}${bare}`;
}
