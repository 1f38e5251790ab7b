import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { RefusedError } from '@/api/failures';
import { useSession, useSignIn } from '@/api/session';
import { useTexts, type Texts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { LanguageSwitch } from '@/ui/LanguageSwitch';
import { Logo } from '@/ui/Logo';
import { Mark } from '@/ui/Mark';
import { firstPage } from '@/ui/pages';
import { safeNext } from './safeNext';
import classes from './LoginPage.module.css';

/** Who is there? */
export function LoginPage() {
  const texts = useTexts();
  const { t } = texts;
  const [query] = useSearchParams();
  const session = useSession();
  const signIn = useSignIn();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [isIncomplete, setIncomplete] = useState(false);

  if (session.data != null) {
    return <Navigate to={safeNext(query.get('next'), firstPage(session.data))} replace />;
  }

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const incomplete = username.trim() === '' || password === '';
    setIncomplete(incomplete);
    if (!incomplete) {
      signIn.mutate({ username: username.trim(), password });
    }
  };
  const problem = isIncomplete ? t('login.incomplete') : problemOf(signIn.error ?? session.error, texts);

  return (
    <main className={classes.page}>
      <div className={classes.corner}>
        <LanguageSwitch />
      </div>
      <form className={classes.card} onSubmit={submit} noValidate aria-labelledby="sign-in-title">
        <Logo large />
        <p className={classes.line}>{t('common.productLine')}</p>
        <h1 id="sign-in-title" className={classes.title}>
          {t('login.title')}
        </h1>
        {problem === null && query.has('next') && <p className={classes.hint}>{t('login.expired')}</p>}
        {problem !== null && (
          <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} role="alert" data-testid="login-error" className={classes.problem}>
            {problem}
          </Alert>
        )}
        <TextInput
          label={t('login.username')}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          autoFocus
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
          data-testid="username"
        />
        <PasswordInput
          label={t('login.password')}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          data-testid="password"
        />
        <Button type="submit" fullWidth mt={4} loading={signIn.isPending} data-testid="sign-in">
          {t('login.submit')}
        </Button>
      </form>
      <footer className={classes.foot}>
        <Mark tone="warn" outline="solid" dot={false}>
          {t('common.researchOnly')}
        </Mark>
        <span>{t('common.researchOnlyLong')}</span>
      </footer>
    </main>
  );
}

/** What to tell about a failed sign-in; `null` where nothing failed. */
function problemOf(failure: unknown, texts: Texts): string | null {
  if (failure == null) {
    return null;
  }
  if (failure instanceof RefusedError && failure.detail === null) {
    if (failure.status === 401 || failure.status === 400) {
      return texts.t('login.wrong');
    }
    if (failure.status === 423) {
      return texts.t('login.locked');
    }
  }
  const { what, help } = failureWords(failure, texts);
  return [what, help].filter(Boolean).join(' ');
}
