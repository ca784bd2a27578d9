// The few things that the pages do by themselves. Nothing from outside; text is put in as text.
"use strict";

const here = document.getElementById("here");
if (here) here.textContent = location.origin;

const command = document.getElementById("command");
if (command) {
  const [, noun, ...names] = location.pathname.split("/").map(decodeURIComponent);
  command.textContent = `weft ${noun === "products" ? "show" : noun} ${names.join("/")}`;
}

const form = document.getElementById("password-form");
if (form) {
  const answer = document.getElementById("answer");
  const link = location.hash.slice(1);
  if (!link) answer.textContent = "This address lacks its secret, which follows #. Open the link as it was given to you.";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const password = form.password.value;
    if (password !== document.getElementById("again").value) {
      answer.textContent = "The two passwords differ.";
      return;
    }
    const body = { link, password };
    if (form.elements.name.value.trim()) body.name = form.elements.name.value.trim();
    const response = await fetch("/api/v1/password", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const said = await response.json();
    if (response.ok) {
      history.replaceState(null, "", location.pathname);  // the secret is used up
      form.hidden = true;
      answer.textContent = `The password of ${said.user.name} is set. Sign in with: weft login ${location.origin}`;
      return;
    }
    const errors = (said.errors || []).map((error) => `${error.field} ${error.message}`);
    answer.textContent = [said.detail, ...errors, said.hint].filter(Boolean).join(" ");
  });
}
