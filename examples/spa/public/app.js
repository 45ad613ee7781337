// Logs in with Keywright, calls an API, refreshes, revokes, logs out. No form is ever sent: each
// names what its button does, and `actions` does it.

const { UserManager } = window.oidc;
const settings = await (await fetch('/settings.json')).json();

// Tokens are kept in sessionStorage: they end with the tab. Code with PKCE is what
// oidc-client-ts always does, and a refresh token spares it hidden frames.
const manager = new UserManager({
  authority: settings.issuer,
  client_id: settings.clientId,
  redirect_uri: settings.redirectUri,
  post_logout_redirect_uri: settings.home,
  scope: 'openid profile email notes:read notes:write',
  loadUserInfo: true,
  automaticSilentRenew: false,
  revokeTokenTypes: ['refresh_token'],
});

async function callApi(method, body) {
  const user = await manager.getUser();
  const answer = await fetch(`${settings.api}/notes`, {
    method,
    headers: { Authorization: `Bearer ${user.access_token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
  return answer;
}

/** What an action says that sends the browser elsewhere: the page stays busy until then. */
const LEAVING = Symbol('leaving');

const actions = {
  '/login': async () => {
    await manager.signinRedirect();
    return LEAVING;
  },
  '/notes': async (form) => {
    await callApi('POST', { text: new FormData(form).get('text') });
    form.reset();
    return 'The note was added.';
  },
  '/notes/delete': async () => {
    await callApi('DELETE');
    return 'All notes were deleted.';
  },
  '/refresh': async () => {
    // Without a refresh token oidc-client-ts would try a hidden frame, which this page forbids.
    if (!(await manager.getUser()).refresh_token) throw new Error('there is no refresh token');
    await manager.signinSilent();
    return 'The access token was refreshed.';
  },
  '/revoke': async () => {
    await manager.revokeTokens();
    return 'The tokens were revoked.';
  },
  '/logout': async () => {
    await manager.signoutRedirect();
    return LEAVING;
  },
};

const find = (selector) => document.querySelector(selector);

/** What an error says to a user: the OAuth error code first, where there is one. */
const reason = ({ error, error_description: description, message }) =>
  [error, description ?? message].filter(Boolean).join(': ');

async function show() {
  const user = await manager.getUser();
  find('#welcome').hidden = Boolean(user);
  find('#home').hidden = !user;
  if (!user) return;
  find('#who').textContent = `Signed in as ${user.profile.name}, ${user.profile.email}.`;
  const notes = await (await callApi('GET')).json();
  find('#notes').replaceChildren(...notes.map(({ text }) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  }));
}

/** Does something while the page says that it is busy, tells how it went, and shows the result. */
async function perform(action, trouble) {
  find('main').ariaBusy = 'true';
  let message;
  try {
    message = await action();
    if (message === LEAVING) return;
  } catch (error) {
    message = `${trouble}: ${reason(error)}`;
  }
  try {
    await show();
  } catch (error) {
    message ??= `The notes could not be read: ${reason(error)}`;
  }
  find('#message').textContent = message ?? '';
  find('main').ariaBusy = 'false';
}

/** The second half of a login, on the page that Keywright sends the browser back to. */
async function finishLogin() {
  const answer = location.href;
  // The code is used once; it need not stay in the address, nor in the history.
  history.replaceState(null, '', '/');
  await manager.signinRedirectCallback(answer);
}

document.addEventListener('submit', (event) => {
  event.preventDefault();
  const action = actions[event.target.getAttribute('action')];
  perform(() => action(event.target), 'That did not work');
});

if (location.pathname === '/callback') perform(finishLogin, 'The login did not work');
else perform(async () => {}, '');
