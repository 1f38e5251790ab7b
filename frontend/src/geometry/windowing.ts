/** A display window in the units of the image (HU for CT). */
export interface DisplayWindow {
  center: number;
  width: number;
}

export const PRESET_NAMES = ['soft', 'lung', 'liver', 'bone', 'brain'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** CT windows in HU, in the order of the keys 1 to 5. */
export const CT_PRESETS: Record<PresetName, DisplayWindow> = {
  soft: { center: 40, width: 400 },
  lung: { center: -600, width: 1500 },
  liver: { center: 80, width: 180 },
  bone: { center: 300, width: 1500 },
  brain: { center: 40, width: 80 },
};

export const windowToRange = ({ center, width }: DisplayWindow): { lower: number; upper: number } => ({
  lower: center - width / 2,
  upper: center + width / 2,
});

export const rangeToWindow = ({ lower, upper }: { lower: number; upper: number }): DisplayWindow => ({
  center: (lower + upper) / 2,
  width: upper - lower,
});
