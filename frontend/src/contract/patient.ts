import { z } from './localised';
import { personName } from './worklist';

/** A patient as one number names them; a person may have several. */
export const patientNumber = z.object({
  id: z.string().min(1),
  patient_id: z.string(),
  issuer: z.string().nullable(),
  name: personName,
  sex: z.string().nullable(),
  birth_date: z.string().nullable(),
});
export type PatientNumber = z.infer<typeof patientNumber>;

/** Other numbers that may be the same person, and those on which somebody has given a word. */
export const patientCandidates = z.object({
  patient: patientNumber,
  candidates: z.array(patientNumber),
  decided: z.array(z.object({ patient: patientNumber, same: z.boolean(), by: z.string() })),
});
export type PatientCandidates = z.infer<typeof patientCandidates>;

/** The answer to a word on two numbers. */
export const patientLink = z.object({ one: patientNumber, other: patientNumber, same: z.boolean() });
