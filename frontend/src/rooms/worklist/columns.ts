/** Width of each column; the hospital column is shown only where several hospitals are read. */
export const columnsOf = (withHospital: boolean): string =>
  ['92px', 'minmax(150px, 1.1fr)', '104px', 'minmax(220px, 1.8fr)', ...(withHospital ? ['minmax(140px, 0.8fr)'] : []), '108px', 'minmax(180px, 1.1fr)', '108px'].join(' ');

export const ROW_HEIGHT_PX = 44;
