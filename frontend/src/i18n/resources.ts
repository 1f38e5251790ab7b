import acceptanceEn from './en/acceptance.json';
import archivesEn from './en/archives.json';
import catalogueEn from './en/catalogue.json';
import commonEn from './en/common.json';
import engineEn from './en/engine.json';
import entitlementsEn from './en/entitlements.json';
import errorsEn from './en/errors.json';
import keysEn from './en/keys.json';
import launchEn from './en/launch.json';
import loginEn from './en/login.json';
import pluginsEn from './en/plugins.json';
import publisherKeysEn from './en/publisherKeys.json';
import publishingEn from './en/publishing.json';
import reportingEn from './en/reporting.json';
import reviewEn from './en/review.json';
import rulesEn from './en/rules.json';
import shadowEn from './en/shadow.json';
import vendorEn from './en/vendor.json';
import viewerEn from './en/viewer.json';
import worklistEn from './en/worklist.json';
import acceptanceZh from './zh/acceptance.json';
import archivesZh from './zh/archives.json';
import catalogueZh from './zh/catalogue.json';
import commonZh from './zh/common.json';
import engineZh from './zh/engine.json';
import entitlementsZh from './zh/entitlements.json';
import errorsZh from './zh/errors.json';
import keysZh from './zh/keys.json';
import launchZh from './zh/launch.json';
import loginZh from './zh/login.json';
import pluginsZh from './zh/plugins.json';
import publisherKeysZh from './zh/publisherKeys.json';
import publishingZh from './zh/publishing.json';
import reportingZh from './zh/reporting.json';
import reviewZh from './zh/review.json';
import rulesZh from './zh/rules.json';
import shadowZh from './zh/shadow.json';
import vendorZh from './zh/vendor.json';
import viewerZh from './zh/viewer.json';
import worklistZh from './zh/worklist.json';

export const english = {
  acceptance: acceptanceEn,
  archives: archivesEn,
  catalogue: catalogueEn,
  common: commonEn,
  engine: engineEn,
  entitlements: entitlementsEn,
  errors: errorsEn,
  keys: keysEn,
  launch: launchEn,
  login: loginEn,
  plugins: pluginsEn,
  publisherKeys: publisherKeysEn,
  publishing: publishingEn,
  reporting: reportingEn,
  review: reviewEn,
  rules: rulesEn,
  shadow: shadowEn,
  vendor: vendorEn,
  viewer: viewerEn,
  worklist: worklistEn,
};

/** Typed as the English texts, so that a text missing here does not compile. */
export const chinese: typeof english = {
  acceptance: acceptanceZh,
  archives: archivesZh,
  catalogue: catalogueZh,
  common: commonZh,
  engine: engineZh,
  entitlements: entitlementsZh,
  errors: errorsZh,
  keys: keysZh,
  launch: launchZh,
  login: loginZh,
  plugins: pluginsZh,
  publisherKeys: publisherKeysZh,
  publishing: publishingZh,
  reporting: reportingZh,
  review: reviewZh,
  rules: rulesZh,
  shadow: shadowZh,
  vendor: vendorZh,
  viewer: viewerZh,
  worklist: worklistZh,
};
