/** One part of a package as its CycloneDX list names it; what is not said is `null`. */
export interface Part {
  name: string;
  type: string | null;
  version: string | null;
  licences: string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** The parts of a CycloneDX list; `null`: it is none. */
export function partsOf(sbom: unknown): Part[] | null {
  if (!isRecord(sbom)) {
    return null;
  }
  const components = Array.isArray(sbom.components) ? sbom.components : [];
  return components.filter(isRecord).map((one) => ({
    name: textOf(one.name) ?? textOf(one['bom-ref']) ?? '—',
    type: textOf(one.type),
    version: textOf(one.version),
    licences: licencesOf(one.licenses),
  }));
}

function licencesOf(said: unknown): string[] {
  return (Array.isArray(said) ? said : []).filter(isRecord).flatMap((one) => {
    const licence = isRecord(one.license) ? (textOf(one.license.id) ?? textOf(one.license.name)) : textOf(one.expression);
    return licence === null ? [] : [licence];
  });
}
