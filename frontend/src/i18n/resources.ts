import commonEn from './en/common.json';
import engineEn from './en/engine.json';
import errorsEn from './en/errors.json';
import keysEn from './en/keys.json';
import loginEn from './en/login.json';
import pluginsEn from './en/plugins.json';
import rulesEn from './en/rules.json';
import viewerEn from './en/viewer.json';
import worklistEn from './en/worklist.json';
import commonZh from './zh/common.json';
import engineZh from './zh/engine.json';
import errorsZh from './zh/errors.json';
import keysZh from './zh/keys.json';
import loginZh from './zh/login.json';
import pluginsZh from './zh/plugins.json';
import rulesZh from './zh/rules.json';
import viewerZh from './zh/viewer.json';
import worklistZh from './zh/worklist.json';

export const english = {
  common: commonEn,
  engine: engineEn,
  errors: errorsEn,
  keys: keysEn,
  login: loginEn,
  plugins: pluginsEn,
  rules: rulesEn,
  viewer: viewerEn,
  worklist: worklistEn,
};

/** Typed as the English texts, so that a text missing here does not compile. */
export const chinese: typeof english = {
  common: commonZh,
  engine: engineZh,
  errors: errorsZh,
  keys: keysZh,
  login: loginZh,
  plugins: pluginsZh,
  rules: rulesZh,
  viewer: viewerZh,
  worklist: worklistZh,
};
