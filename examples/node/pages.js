// The two pages. Every value is escaped by `html`.

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

class Html {
  constructor(text) {
    this.text = text;
  }
}

function html(strings, ...values) {
  return new Html(String.raw({ raw: strings }, ...values.map(show)));
}

function show(value) {
  if (Array.isArray(value)) return value.map(show).join('');
  return value instanceof Html ? value.text : escape(String(value ?? ''));
}

const escape = (text) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]);

const button = (path, label) => html`<form method="post" action="${path}">
  <button>${label}</button></form>`;

const page = (message, content) => html`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Notes</title>
<h1>Notes</h1>
${message ? html`<p role="status">${message}</p>` : ''}
${content}
</html>`.text;

/** For somebody who is not logged in. */
export const welcome = (message) => page(message, button('/login', 'Log in with Keywright'));

/** Who the user is, their notes, and what can be done with their tokens. */
export const home = ({ user, notes, message }) => page(message, html`
<p>Signed in as ${user.name}, ${user.email}.</p>
<ul>${notes.map((note) => html`<li>${note.text}</li>`)}</ul>
<form method="post" action="/notes">
  <label>New note <input name="text" maxlength="500" required></label> <button>Add</button>
</form>
${button('/notes/delete', 'Delete all notes')}
${button('/refresh', 'Refresh the access token')}
${button('/revoke', 'Revoke the tokens')}
${button('/logout', 'Log out')}`);
