import { useEffect, useRef } from 'react';
import type { PluginVersion } from '@/contract/plugins';
import type { PublisherKey } from '@/contract/publisherKeys';
import { formatDay } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { signedBy } from './follows';
import { KeyStateMark, OriginMark, OwnMark } from './words';
import classes from './Keys.module.css';

const COLUMNS = ['publisher', 'prefixes', 'state', 'signed', 'added'] as const;
const SHOWN_DIGITS = 12;

interface KeysTableProps {
  keys: readonly PublisherKey[];
  versions: readonly PluginVersion[];
  selected: string;
  onSelect: (keyid: string) => void;
}

/** Every key in one list. */
export function KeysTable({ keys, versions, selected, onSelect }: KeysTableProps) {
  const { t } = useTexts();
  return (
    <table className={classes.table} data-testid="publisher-keys">
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col">
              {t(`publisherKeys.columns.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <KeyRow key={key.keyid} shown={key} versions={versions} isSelected={key.keyid === selected} onSelect={() => onSelect(key.keyid)} />
        ))}
      </tbody>
    </table>
  );
}

interface KeyRowProps {
  shown: PublisherKey;
  versions: readonly PluginVersion[];
  isSelected: boolean;
  onSelect: () => void;
}

function KeyRow({ shown, versions, isSelected, onSelect }: KeyRowProps) {
  const { keyid, publisher, prefixes, state, own, added_at: added } = shown;
  const { t, language } = useTexts();
  const row = useRef<HTMLTableRowElement>(null);
  const signed = signedBy(keyid, versions).length;
  useEffect(() => {
    if (isSelected) {
      row.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isSelected]);
  return (
    <tr ref={row} data-selected={isSelected || undefined} data-testid="key-row" data-keyid={keyid} onClick={onSelect}>
      <td>
        <span className={classes.line}>
          <button type="button" className={classes.name} aria-pressed={isSelected} title={publisher} data-testid="select-key">
            {publisher}
          </button>
          {own && <OwnMark />}
          <OriginMark shown={shown} />
        </span>
        <code className={classes.under}>{keyid.slice(0, SHOWN_DIGITS)}…</code>
      </td>
      <td>
        <span className={classes.prefixes}>
          {prefixes.length === 0 && <span className={classes.dim}>{t('publisherKeys.nothing')}</span>}
          {prefixes.map((prefix) => (
            <code key={prefix}>{prefix}</code>
          ))}
        </span>
      </td>
      <td>
        <KeyStateMark state={state} />
      </td>
      <td className="numbers">{signed === 0 ? <span className={classes.dim}>{t('publisherKeys.nothingSigned')}</span> : t('publisherKeys.signedCount', { count: signed })}</td>
      <td className="numbers">{formatDay(added, language)}</td>
    </tr>
  );
}
