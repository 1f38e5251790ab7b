import { SegmentedControl } from '@mantine/core';
import { chooseLanguage, useTexts, type Language } from '@/i18n/language';

/** Chinese or English; the choice is remembered. */
export function LanguageSwitch() {
  const { t, language } = useTexts();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('common.language')}
      data-testid="language"
      value={language}
      onChange={(chosen) => void chooseLanguage(chosen as Language)}
      data={[
        { value: 'zh', label: t('common.chinese') },
        { value: 'en', label: t('common.english') },
      ]}
    />
  );
}
