/** What is at `/ui/` when the admin UI was not built. It needs nothing beside itself. */
export const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Admin UI: not built</title></head>
<body>
<h1>The admin UI has not been built</h1>
<p>The gateway and its Admin API run. The page for them is built once, where the gateway's files are, with what
<code>npm ci</code> installs for development:</p>
<pre>npm ci
npm run build:ui</pre>
<p>Then start the gateway anew. To have no page here at all, start it with <code>--admin-ui off</code>.</p>
</body>
</html>
`;
