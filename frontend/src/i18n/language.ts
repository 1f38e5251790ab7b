import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import type { Localised } from '@/contract/localised';
import { chinese, english } from './resources';

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const STORED_AS = 'allward.language';

function firstLanguage(): Language {
  const stored = window.localStorage.getItem(STORED_AS);
  if (stored === 'zh' || stored === 'en') {
    return stored;
  }
  return window.navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Load both languages at once: they are small, and switching must not wait. */
export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: firstLanguage(),
    fallbackLng: 'en',
    defaultNS: 'texts',
    resources: { en: { texts: english }, zh: { texts: chinese } },
    interpolation: { escapeValue: false },
  });
  tellDocument();
}

/** Switch and remember. */
export async function chooseLanguage(language: Language): Promise<void> {
  window.localStorage.setItem(STORED_AS, language);
  await i18next.changeLanguage(language);
  tellDocument();
}

function tellDocument(): void {
  document.documentElement.lang = i18next.language === 'zh' ? 'zh-CN' : 'en';
  document.title = i18next.t('common.product');
}

/** The texts of the page in the chosen language, and the same choice for texts that the server sent. */
export function useTexts() {
  const { t, i18n } = useTranslation();
  const language: Language = i18n.language === 'zh' ? 'zh' : 'en';
  const pick = (text: Localised): string => text[language];
  return { t, language, pick };
}
export type Texts = ReturnType<typeof useTexts>;
