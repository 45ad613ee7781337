// Keywright as this site uses it, by openid-client 6.

import * as oidc from 'openid-client';

const SCOPE = 'openid profile email notes:read notes:write';

export class Provider {
  #config;

  constructor(config) {
    this.#config = config;
  }

  /** Finds every endpoint from the issuer alone. */
  static async discover(issuer, clientId, clientSecret) {
    // openid-client refuses http unless told otherwise. Only a loopback issuer may use it.
    const execute = issuer.startsWith('http://127.0.0.1:') ? [oidc.allowInsecureRequests] : [];
    const how = oidc.ClientSecretBasic(clientSecret);
    return new Provider(await oidc.discovery(new URL(issuer), clientId, {}, how, { execute }));
  }

  /** Where to send the browser, and what its answer must match. */
  async begin(redirectUri) {
    const expected = {
      pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
    };
    const url = oidc.buildAuthorizationUrl(this.#config, {
      redirect_uri: redirectUri,
      scope: SCOPE,
      code_challenge: await oidc.calculatePKCECodeChallenge(expected.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expected.expectedState,
      nonce: expected.expectedNonce,
    });
    return { url: url.href, expected };
  }

  /** Trades the code in `answer` for tokens, checks the ID token and asks who the user is. */
  async finish(answer, expected) {
    const checks = { ...expected, idTokenExpected: true };
    const tokens = await oidc.authorizationCodeGrant(this.#config, answer, checks);
    const { sub } = tokens.claims();
    return { tokens, user: await oidc.fetchUserInfo(this.#config, tokens.access_token, sub) };
  }

  /** New tokens. What the answer lacks stays as it was. */
  async refresh(tokens) {
    const fresh = await oidc.refreshTokenGrant(this.#config, tokens.refresh_token);
    return { ...tokens, ...fresh };
  }

  /** Ends the grant: the refresh token and every access token that came from it. */
  async revoke(token) {
    await oidc.tokenRevocation(this.#config, token);
  }

  /** Where to send the browser to end the session at Keywright, too. */
  logout(idToken, afterwards) {
    const url = oidc.buildEndSessionUrl(this.#config, {
      id_token_hint: idToken,
      post_logout_redirect_uri: afterwards,
    });
    return { url: url.href };
  }
}

/** What an error says to a user: the OAuth error code first, where there is one. */
export function reason(error) {
  const code = error.error ?? error.code;
  return [code, error.error_description ?? error.message].filter(Boolean).join(': ');
}
