// Signs this device in with the secret of a link. It stands after the #, which browsers send to nobody, and
// is taken out of the address before anything else happens.
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

async function signIn() {
  const response = await fetch("/page/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ link: secret }),
    cache: "no-store",
  });
  if (!response.ok) throw new Error(String(response.status));
  location.replace("/");
}

signIn().catch(() => {
  document.getElementById("outcome").hidden = true;
  const refused = document.getElementById("refused");
  refused.setAttribute("role", "alert");
  refused.hidden = false;
});
