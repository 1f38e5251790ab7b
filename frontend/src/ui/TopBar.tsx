import { ActionIcon, Menu, Tooltip, UnstyledButton } from '@mantine/core';
import { IconKeyboard, IconLogout, IconUserCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'react-router';
import { useLive } from '@/api/live';
import { useSession, useSignOut } from '@/api/session';
import { useTexts, type Texts } from '@/i18n/language';
import { useCheatSheet } from './cheatSheetState';
import { LanguageSwitch } from './LanguageSwitch';
import { Logo } from './Logo';
import { Mark } from './Mark';
import { firstPage, maySeeStudies, sectionAt, sectionsOf, type Section } from './pages';
import classes from './TopBar.module.css';

/** The bar on every page after the sign-in: always the same things in the same places. */
export function TopBar({ children, tools }: { children?: ReactNode; tools?: ReactNode }) {
  const { t } = useTexts();
  const { data: me } = useSession();
  const { pathname } = useLocation();
  const home = me == null ? '/worklist' : firstPage(me);
  const sections = me == null ? [] : sectionsOf(me);
  const here = sectionAt(sections, pathname);
  return (
    <>
      <header className={classes.bar}>
        <Link to={home} className={classes.home} title={t(home === '/worklist' ? 'common.back' : `common.pages.${home}`)} data-testid="home">
          <Logo />
        </Link>
        <Sections sections={sections} here={here} />
        <div className={classes.middle}>{children}</div>
        <div className={classes.end}>
          {tools}
          <Tooltip label={t('common.researchOnlyLong')} multiline w={280}>
            <span data-testid="research-only">
              <Mark tone="warn" outline="solid" dot={false}>
                {t('common.researchOnly')}
              </Mark>
            </span>
          </Tooltip>
          {(me == null || maySeeStudies(me)) && <LiveMark />}
          <Tooltip label={t('common.shortcuts')}>
            <ActionIcon variant="subtle" color="gray" aria-label={t('common.shortcuts')} onClick={useCheatSheet.getState().toggle}>
              <IconKeyboard size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
          <LanguageSwitch />
          <UserMenu />
        </div>
      </header>
      {here !== undefined && here.pages.length > 1 && <Tabs section={here} path={pathname} />}
    </>
  );
}

/** Ways to the other pages, for those who have any. */
function Sections({ sections, here }: { sections: readonly Section[]; here: Section | undefined }) {
  const { t } = useTexts();
  if (sections.length === 0) {
    return null;
  }
  return (
    <nav className={classes.pages} aria-label={t('common.navigation')} data-testid="pages">
      {sections.map((section) => (
        <Link key={section.name} to={section.first} className={classes.page} aria-current={section !== here ? undefined : section.pages.length > 1 ? 'true' : 'page'}>
          {t(`common.sections.${section.name}`)}
        </Link>
      ))}
    </nav>
  );
}

/** The pages of a section, one row below the bar. */
function Tabs({ section, path }: { section: Section; path: string }) {
  const { t } = useTexts();
  return (
    <nav className={classes.tabs} aria-label={t(`common.sections.${section.name}`)} data-testid="tabs">
      {section.pages.map((one) => (
        <Link key={one} to={one} className={classes.tab} aria-current={one === path ? 'page' : undefined}>
          {t(`common.pages.${one}`)}
        </Link>
      ))}
    </nav>
  );
}

function LiveMark() {
  const { t } = useTexts();
  const state = useLive((live) => live.state);
  const shown = {
    live: { tone: 'ok', word: t('common.live'), help: t('common.liveLong') },
    connecting: { tone: 'neutral', word: t('common.connecting'), help: t('common.connecting') },
    offline: { tone: 'warn', word: t('common.offline'), help: t('common.offlineLong') },
  } as const;
  const { tone, word, help } = shown[state];
  return (
    <span role="status" aria-live="polite" data-testid="live" data-state={state} className={classes.live}>
      <Mark tone={tone} title={help}>
        {word}
      </Mark>
    </span>
  );
}

function UserMenu() {
  const { t, pick } = useTexts();
  const { data: me } = useSession();
  const signOut = useSignOut();
  if (me == null) {
    return null;
  }
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes.user} aria-label={`${t('common.account')}: ${me.display_name || me.username}`} data-testid="account">
          <IconUserCircle size={20} stroke={1.6} aria-hidden="true" />
          <span className={classes.userName}>{me.display_name || me.username}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <div className={classes.who}>{me.display_name || me.username}</div>
          <div data-testid="role">{roleName(me.role, t)}</div>
          <div>{pick(me.tenant.name)}</div>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.6} />} onClick={() => signOut.mutate()} data-testid="sign-out">
          {t('common.signOut')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('common.version', { version: me.version })}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}

const ROLES = [
  'radiologist',
  'surgeon',
  'pathologist',
  'technologist',
  'tenant_administrator',
  'vendor',
  'auditor',
  'platform_operator',
] as const;

/** A role in words; one that this page does not know is shown as the server wrote it. */
function roleName(role: string, t: Texts['t']): string {
  const known = ROLES.find((one) => one === role.replaceAll(' ', '_').replaceAll('-', '_'));
  return known === undefined ? role : t(`common.roles.${known}`);
}
