import { Button, Tabs } from '@mantine/core';
import { IconPackageExport } from '@tabler/icons-react';
import { useState } from 'react';
import { TopBar } from '@/ui/TopBar';
import { useTexts } from '@/i18n/language';
import classes from '@/ui/publishing/Publishing.module.css';
import { Keys } from './Keys';
import { SubmitDialog } from './SubmitDialog';
import { Submissions } from './Submissions';
import { Usage } from './Usage';

/** What a vendor hands in, with which keys, and what became of it. */
export function VendorPage() {
  const { t } = useTexts();
  const [submitting, setSubmitting] = useState(false);
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="vendor-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('vendor.title')}</h1>
          <span className={classes.end}>
            <Button size="xs" leftSection={<IconPackageExport size={15} stroke={1.8} />} onClick={() => setSubmitting(true)} data-testid="submit">
              {t('vendor.submit')}
            </Button>
          </span>
        </div>
        <Tabs defaultValue="submissions" keepMounted={false} style={{ display: 'flex', flexDirection: 'column', flex: 1, minHeight: 0 }}>
          <Tabs.List mb={10}>
            <Tabs.Tab value="submissions" data-testid="tab-submissions">
              {t('vendor.tabs.submissions')}
            </Tabs.Tab>
            <Tabs.Tab value="keys" data-testid="tab-keys">
              {t('vendor.tabs.keys')}
            </Tabs.Tab>
            <Tabs.Tab value="usage" data-testid="tab-usage">
              {t('vendor.tabs.usage')}
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="submissions" style={{ display: 'flex', flex: 1, minHeight: 0 }}>
            <Submissions onSubmit={() => setSubmitting(true)} />
          </Tabs.Panel>
          <Tabs.Panel value="keys">
            <Keys />
          </Tabs.Panel>
          <Tabs.Panel value="usage">
            <Usage />
          </Tabs.Panel>
        </Tabs>
      </main>
      <SubmitDialog opened={submitting} onClose={() => setSubmitting(false)} />
    </div>
  );
}
