/** Stands in for xmlbuilder2, which vtk.js imports for file formats that the viewer never reads. */
export const create = (): never => {
  throw new Error('XML building is left out of this build');
};
export default { create };
