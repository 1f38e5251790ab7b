import { create } from 'zustand';

/** Whether the sheet of keyboard shortcuts is open. */
export const useCheatSheet = create<{ open: boolean; toggle: () => void; close: () => void }>((set) => ({
  open: false,
  toggle: () => set(({ open }) => ({ open: !open })),
  close: () => set({ open: false }),
}));
