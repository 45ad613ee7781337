// The API as this site calls it: HTTP with the user's access token, nothing else.

export class NotesApi {
  #url;

  constructor(base) {
    this.#url = `${base}/notes`;
  }

  async list(token) {
    return (await this.#call('GET', token)).json();
  }

  async add(token, text) {
    await this.#call('POST', token, JSON.stringify({ text }));
  }

  async clear(token) {
    await this.#call('DELETE', token);
  }

  async #call(method, token, body) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(this.#url, { method, headers, body });
    if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
    return answer;
  }
}
