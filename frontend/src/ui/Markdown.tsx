import { useMemo } from 'react';
import { useTexts } from '@/i18n/language';
import { blocksOf, inOrderFor, type Block, type Inline } from './markdown';
import classes from './Markdown.module.css';

/** A text of a package as it was meant to be read, the reader's language first; its first heading stands one below `under`. */
export function Markdown({ text, under }: { text: string; under: 2 | 3 }) {
  const { language } = useTexts();
  const blocks = useMemo(() => blocksOf(inOrderFor(language, text)), [language, text]);
  return (
    <div className={classes.text} data-testid="markdown">
      {blocks.map((block, at) => (
        <BlockOf key={at} block={block} under={under} />
      ))}
    </div>
  );
}

function BlockOf({ block, under }: { block: Block; under: number }) {
  switch (block.kind) {
    case 'heading': {
      const Heading = `h${Math.min(6, block.level + under)}` as 'h3' | 'h4' | 'h5' | 'h6';
      return (
        <Heading className={classes.heading} data-level={block.level}>
          <Pieces of={block.text} />
        </Heading>
      );
    }
    case 'paragraph':
      return (
        <p>
          <Pieces of={block.text} />
        </p>
      );
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul';
      return (
        <List>
          {block.items.map((item, at) => (
            <li key={at}>
              <Pieces of={item} />
            </li>
          ))}
        </List>
      );
    }
    case 'table':
      return <TableOf block={block} />;
    case 'code':
      return <pre tabIndex={0}>{block.text}</pre>;
    case 'line':
      return <hr />;
  }
}

function TableOf({ block }: { block: Extract<Block, { kind: 'table' }> }) {
  return (
    <table>
      <thead>
        <tr>
          {block.head.map((cell, at) => (
            <Cell key={at} cell={cell} isHead={cell.length > 0} />
          ))}
        </tr>
      </thead>
      <tbody>
        {block.rows.map((row, at) => (
          <tr key={at}>
            {row.map((cell, column) => (
              <Cell key={column} cell={cell} isHead={false} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ cell, isHead }: { cell: Inline[]; isHead: boolean }) {
  return isHead ? (
    <th scope="col">
      <Pieces of={cell} />
    </th>
  ) : (
    <td>
      <Pieces of={cell} />
    </td>
  );
}

const TAGS = { text: null, code: 'code', strong: 'strong', emphasis: 'em' } as const;

function Pieces({ of }: { of: Inline[] }) {
  return of.map(({ kind, text }, at) => {
    const Tag = TAGS[kind];
    return Tag === null ? text : <Tag key={at}>{text}</Tag>;
  });
}
