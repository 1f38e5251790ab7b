/** One fault of a package that was refused: where it is, if the words say so, and what it is. */
export interface Fault {
  place: string | null;
  words: string;
}

/** Something like `plugin.toml`, `stages.0.input.window` or `models/liver.onnx`: no spaces, and a point, a bracket or a slash. */
const PLACE = /^([^\s:：]*[./[\]_][^\s:：]*|manifest|models|labels|stages|signature)\s*[:：]\s*(.*)$/;

/** The headline of a refusal and its faults: the server writes each fault on a line of its own, as `place: words`. */
export function faultsOf(detail: string): { headline: string; faults: Fault[] } {
  const [first = '', ...rest] = detail.split('\n').map((line) => line.trim()).filter(Boolean);
  if (rest.length > 0) {
    return { headline: first.replace(/[:：]$/, ''), faults: rest.map(faultOf) };
  }
  const [, headline = '', said = ''] = /^([^:：]*[:：])\s*(.*)$/.exec(first) ?? [];
  return said === '' ? { headline: first, faults: [] } : { headline: headline.replace(/[:：]$/, ''), faults: [faultOf(said)] };
}

function faultOf(line: string): Fault {
  const [, place, words] = PLACE.exec(line) ?? [];
  return place === undefined || words === undefined || words === '' ? { place: null, words: line } : { place, words };
}
