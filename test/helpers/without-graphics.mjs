/**
 * Runs a command on a system without EGL, OpenGL and their drivers: in a mount namespace of its own, where an overlay
 * hides those files from the folders of libraries. Linux, with unshare(1) as root or with user namespaces.
 *
 *     node test/helpers/without-graphics.mjs npm run demo
 *     node test/helpers/without-graphics.mjs --user npm run demo    # as `nobody`, with a HOME that is read-only
 */
import { spawnSync } from 'node:child_process';

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

const words = process.argv.slice(2);
const asUser = words[0] === '--user';
const command = asUser ? words.slice(1) : words;
const flags = process.geteuid?.() === 0 ? ['-m'] : ['-m', '-r'];
const { status, error } = spawnSync(
  'unshare',
  [...flags, 'bash', '-c', script, 'bash', asUser ? 'user' : '', ...command],
  {
    stdio: 'inherit',
  },
);
if (error) process.stderr.write(`without-graphics: ${error.message}\n`);
process.exitCode = status ?? 1;
