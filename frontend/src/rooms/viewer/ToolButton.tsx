import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { KEYS, shownKey, type KeyAction } from '@/app/keys';

interface ToolButtonProps {
  label: string;
  action: KeyAction;
  pressed?: boolean;
  onClick: () => void;
  testId: string;
  children: ReactNode;
}

/** A tool as an icon, with its key. */
export function ToolButton({ label, action, pressed, onClick, testId, children }: ToolButtonProps) {
  const key = shownKey(KEYS[action]);
  return (
    <Tooltip label={`${label} (${key})`}>
      <ActionIcon
        size={30}
        variant={pressed === true ? 'light' : 'subtle'}
        color={pressed === true ? 'teal' : 'gray'}
        aria-label={label}
        aria-pressed={pressed}
        aria-keyshortcuts={key}
        onClick={onClick}
        data-testid={testId}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
