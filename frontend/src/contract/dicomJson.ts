import { z } from './localised';

const attribute = z.object({ vr: z.string(), Value: z.array(z.unknown()).optional() }).loose();

/** One instance in the DICOM JSON model (PS3.18 F.2): tag to attribute. */
export const dicomInstance = z.record(z.string(), attribute);
export type DicomInstance = z.infer<typeof dicomInstance>;

export const dicomInstances = z.array(dicomInstance);

/** Numbers of one attribute, or `null` if it is absent or holds anything else. */
export function numbersOf(instance: DicomInstance, tag: string): number[] | null {
  const values = instance[tag]?.Value?.map(Number);
  return values !== undefined && values.length > 0 && values.every(Number.isFinite) ? values : null;
}

/** First value of an attribute as text, or `null`. */
export function textOf(instance: DicomInstance, tag: string): string | null {
  const value = instance[tag]?.Value?.[0];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}
