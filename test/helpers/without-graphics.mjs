/**
 * Runs a command on a system without EGL, OpenGL and their drivers: in a mount namespace of its own, where an overlay
 * hides those files from the folders of libraries. Linux, with unshare(1) as root or with user namespaces.
 *
 *     node test/helpers/without-graphics.mjs npm run demo
 *     node test/helpers/without-graphics.mjs --user npm run demo    # as `nobody`, with a HOME that is read-only
 */
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** $1: `user` or empty. The rest is the command. */
const script = `
set -e
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
n=0
for folder in /usr/lib/*-linux-gnu /usr/lib64 /usr/lib /usr/share/glvnd /etc/glvnd; do
  [ -d "$folder" ] && [ ! -L "$folder" ] || continue
  hidden=$(cd "$folder" && ls -d libEGL* libGLES* libGL.* libGLX* libOSMesa* libgbm* libgallium* dri gbm egl_vendor.d 2>/dev/null || true)
  [ -n "$hidden" ] || continue
  n=$((n + 1))
  mkdir -p "$work/$n/upper" "$work/$n/work"
  for name in $hidden; do mknod "$work/$n/upper/$name" c 0 0; done
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=$work/$n/upper,workdir=$work/$n/work" "$folder"
done
as=$1
shift
if [ "$as" = user ]; then
  mkdir -p "$work/home"
  mount -t tmpfs -o ro tmpfs "$work/home"
  chmod 755 "$work"
  HOME=$work/home
  export HOME
  unset XDG_CACHE_HOME DALLE_GL_CACHE
  exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
fi
exec "$@"
`;

const isRoot = process.geteuid?.() === 0;
const unshare = isRoot ? ['-m'] : ['-m', '-r'];

/** Whether this system lets us hide anything: containers may not. */
export function canHideGraphics() {
  return (
    process.platform === 'linux' &&
    spawnSync('unshare', [...unshare, 'bash', '-c', script, 'bash', '', 'true']).status === 0
  );
}

/**
 * @param {readonly string[]} command
 * @param {{ asUser?: boolean } & import('node:child_process').SpawnSyncOptions} options as user: as `nobody`, by root
 */
export function runWithoutGraphics(command, { asUser = false, ...options } = {}) {
  return spawnSync('unshare', [...unshare, 'bash', '-c', script, 'bash', asUser ? 'user' : '', ...command], options);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const asUser = process.argv[2] === '--user';
  const { status, error } = runWithoutGraphics(process.argv.slice(asUser ? 3 : 2), { asUser, stdio: 'inherit' });
  if (error) throw error;
  process.exitCode = status ?? 1;
}
