"""
Stage 1 of the scenes in PyTorch: a discrete VAE in the official net's form, trained on a folder that draw.mjs wrote.

The paper's objective with what short runs need, as schedules over the run: gumbel-softmax, its temperature falling; a
squared error in the likelihood's place until the last part, then logit-Laplace with a floor under ln b; a usage term
that keeps codes in use. This is where the recipe is tuned; `dalle-gl train dvae` then trains by it.

Usage: python3 dvae.py --data DIR --validation DIR --out FILE.pt [--steps N ...]
       (`npm run build` comes first, for the score; OMP_NUM_THREADS=1 on a shared machine)
"""
import argparse, copy, json, math, os, subprocess, tempfile, time
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
from PIL import Image

EPS = 0.1  # The paper's: levels are kept between 0.1 and 0.9, where their logits are finite.
HERE = os.path.dirname(os.path.abspath(__file__))


def options():
    p = argparse.ArgumentParser()
    add = p.add_argument
    add('--data', required=True); add('--validation', required=True); add('--out', required=True)
    add('--steps', type=int, default=5000); add('--batch', type=int, default=8)
    add('--n-hid', type=int, default=32); add('--blocks', type=int, default=1); add('--vocab', type=int, default=512)
    add('--n-init', type=int, default=128)
    add('--lr', type=float, default=2e-3); add('--lr-end', type=float, default=0.02); add('--warmup', type=int, default=100)
    add('--clip', type=float, default=1.0); add('--decay', type=float, default=1e-4); add('--beta2', type=float, default=0.99)
    add('--tau-start', type=float, default=1.0); add('--tau-end', type=float, default=0.2); add('--tau-until', type=float, default=0.8)
    add('--straight-through', action='store_true')
    add('--mse', type=float, default=40.0); add('--usage', type=float, default=0.1); add('--sharpness', type=float, default=0.3)
    add('--usage-end', type=float, default=1.0, help='share of the usage term at the end')
    add('--laplace', type=float, default=0.1, help='share of the steps, the last ones, that have the likelihood')
    add('--laplace-weight', type=float, default=1.0); add('--keep-mse', action='store_true', help='squared error beside it')
    add('--floor', type=float, default=-2.0, help='least ln b')
    add('--residual', type=float, default=2.8, help='factor on the weights of the residual paths at the start')
    add('--logit-std', type=float, default=3.0, help='spread that each code\'s logit has over pictures at the start')
    add('--ema', type=float, default=0.998); add('--seed', type=int, default=0); add('--threads', type=int, default=1)
    add('--reports', type=int, default=8); add('--channels-last', action=argparse.BooleanOptionalAction, default=True)
    add('--from', dest='start', help='weights to begin with, in place of random ones')
    add('--stop', type=int, default=0, help='stop after so many steps, the schedules being of --steps')
    return p.parse_args()


class Block(nn.Module):
    """A residual block of OpenAI's: the encoder ends in 1x1, the decoder begins with it."""
    def __init__(s, i, o, gain, kernels):
        super().__init__()
        widths = (i, o // 4, o // 4, o // 4, o)
        s.gain, s.id = gain, nn.Conv2d(i, o, 1) if i != o else nn.Identity()
        s.res = nn.Sequential(*[m for k in range(4) for m in
                                (nn.ReLU(), nn.Conv2d(widths[k], widths[k + 1], kernels[k], padding=kernels[k] // 2))])

    def forward(s, x): return s.id(x) + s.gain * s.res(x)


def nets(n, blocks, vocab, n_init, residual=1.0):
    gain = 1 / (4 * blocks) ** 2
    enc, width = [nn.Conv2d(3, n, 7, padding=3)], n
    for group in range(4):
        for _ in range(blocks):
            enc.append(Block(width, n * 2 ** group, gain, (3, 3, 3, 1))); width = n * 2 ** group
        if group < 3: enc.append(nn.MaxPool2d(2))
    enc += [nn.ReLU(), nn.Conv2d(width, vocab, 1)]
    dec, width = [nn.Conv2d(vocab, n_init, 1)], n_init
    for group in range(4):
        for _ in range(blocks):
            dec.append(Block(width, n * 2 ** (3 - group), gain, (1, 3, 3, 3))); width = n * 2 ** (3 - group)
        if group < 3: dec.append(nn.Upsample(scale_factor=2))
    dec += [nn.ReLU(), nn.Conv2d(width, 6, 1)]
    enc, dec = nn.Sequential(*enc), nn.Sequential(*dec)
    for net in (enc, dec):
        for m in net.modules():
            if isinstance(m, nn.Conv2d): nn.init.normal_(m.weight, 0, 1 / math.sqrt(m.weight[0].numel())); nn.init.zeros_(m.bias)
        for m in net.modules():
            if isinstance(m, Block):
                for c in m.res:
                    if isinstance(c, nn.Conv2d): c.weight.data.mul_(residual)
    dec[-1].weight.data.mul_(0.1)
    return enc, dec


@torch.no_grad()
def spread_logits(enc, x, std):
    """Gives every code the same mean logit and the same spread over pictures, so that all are in use from the start."""
    logits = enc(x * (1 - 2 * EPS) + EPS).permute(1, 0, 2, 3).flatten(1)
    scale = std / logits.std(1)
    enc[-1].weight.mul_(scale.view(-1, 1, 1, 1)); enc[-1].bias.copy_((enc[-1].bias - logits.mean(1)) * scale)


def gmacs(nets, size=64):
    """Multiply-adds of one picture forward, in thousands of millions."""
    total, hooks = [0], []
    def count(m, x, y): total[0] += y[0, 0].numel() * m.weight.numel()
    for net in nets:
        hooks += [m.register_forward_hook(count) for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad(): nets[1](nets[0](torch.zeros(1, 3, size, size)))
    for h in hooks: h.remove()
    return total[0] / 1e9


def load(folder):
    """uint8 [N, 3, 64, 64], kept beside the folder, for decoding takes a while."""
    cache = folder.rstrip('/') + '.npy'
    if not os.path.exists(cache):
        names = [json.loads(line)['file'] for line in open(folder + '/captions.jsonl')]
        np.save(cache, np.stack([np.asarray(Image.open(f'{folder}/{n}').convert('RGB')).transpose(2, 0, 1) for n in names]))
    return torch.from_numpy(np.load(cache))


def encode(enc, x): return enc(x * (1 - 2 * EPS) + EPS).argmax(1)


def decode(dec, ids, vocab):
    mu = dec(F.one_hot(ids, vocab).permute(0, 3, 1, 2).float())[:, :3]
    return ((torch.sigmoid(mu) - EPS) / (1 - 2 * EPS)).clamp(0, 1)


@torch.no_grad()
def reconstruct(enc, dec, vocab, x):
    ids = torch.cat([encode(enc, part) for part in x.split(24)])
    return ids, torch.cat([decode(dec, part, vocab) for part in ids.split(24)])


def score(pictures, folder):
    """What score.mjs says of pictures of the scenes of a folder, of the first ones where there are fewer."""
    lines = open(folder + '/scenes.jsonl').read().splitlines()[:len(pictures)]
    with tempfile.TemporaryDirectory() as out:
        for line, picture in zip(lines, pictures):
            Image.fromarray(picture.permute(1, 2, 0).mul(255).round().byte().numpy()).save(f'{out}/{json.loads(line)["file"]}')
        with open(out + '/scenes.jsonl', 'w') as f: f.write('\n'.join(lines))
        return json.loads(subprocess.check_output(['node', HERE + '/../score.mjs', out, '--json']))


def show(shares): return ' '.join(f'{k} {v:.1%}' for k, v in shares.items() if k not in ('pictures', 'things'))


def sheet(pairs, file, columns=8):
    """Pictures side by side with what became of them."""
    cells = [torch.cat(pair, 2) for pair in pairs]
    rows = [torch.cat(cells[k:k + columns], 2) for k in range(0, len(cells) - columns + 1, columns)]
    picture = torch.cat(rows, 1).permute(1, 2, 0).mul(255).round().byte().numpy()
    Image.fromarray(picture).resize((picture.shape[1] * 2, picture.shape[0] * 2), 0).save(file)


def report(enc, dec, o, x, name):
    ids, r = reconstruct(enc, dec, o.vocab, x)
    share = torch.bincount(ids.flatten(), minlength=o.vocab).float() / ids.numel()
    perplexity = float(torch.exp(-(share * (share + 1e-12).log()).sum()))
    psnr = float((-10 * ((r - x) ** 2).flatten(1).mean(1).log10()).mean())
    s = score(r, o.validation)
    print(f'  {name} hard PSNR {psnr:.2f} dB, codes {int((share > 0).sum())}, perplexity {perplexity:.0f} | {show(s)}', flush=True)
    return dict(psnr=psnr, codes=int((share > 0).sum()), perplexity=perplexity, **s), r


def objective(o, s, logits, x0, x, fraction):
    mu, lb = s[:, :3], s[:, 3:]
    q = F.softmax(logits, 1); log_q = F.log_softmax(logits, 1); mean_q = q.mean((0, 2, 3))
    # Sure of each position, and fond of every code: together, the information that the codes carry.
    usage = o.sharpness * -(q * log_q).sum(1).mean() + (mean_q * (mean_q + 1e-9).log()).sum()
    weight = o.usage * (1 + (o.usage_end - 1) * fraction)
    squared = o.mse * F.mse_loss((torch.sigmoid(mu) - EPS) / (1 - 2 * EPS), x0)
    if fraction < 1 - o.laplace: return squared + weight * usage
    lb = o.floor + F.softplus(lb - o.floor)
    nll = lb + (torch.logit(x) - mu).abs() * torch.exp(-lb) + (2 * x * (1 - x)).log()
    return nll.mean() * o.laplace_weight + squared * o.keep_mse + weight * usage


def main():
    o = options(); torch.manual_seed(o.seed); torch.set_num_threads(o.threads)
    data, held = load(o.data), load(o.validation).float() / 255
    enc, dec = nets(o.n_hid, o.blocks, o.vocab, o.n_init, o.residual)
    parameters = list(enc.parameters()) + list(dec.parameters())
    if o.start: kept = torch.load(o.start); enc.load_state_dict(kept['encoder']); dec.load_state_dict(kept['decoder'])
    elif o.logit_std: spread_logits(enc, data[:60].float() / 255, o.logit_std)
    cost = gmacs((enc, dec))
    print(vars(o)); print(f'{sum(p.numel() for p in parameters)} parameters, {cost:.3f} GMAC forward a picture; '
                          f'{3 * cost * o.batch * o.steps / 1000:.1f} TMAC for the run', flush=True)
    if o.channels_last: enc, dec = enc.to(memory_format=torch.channels_last), dec.to(memory_format=torch.channels_last)
    average = copy.deepcopy((enc, dec)) if o.ema else None
    opt = torch.optim.AdamW(parameters, o.lr, betas=(0.9, o.beta2), weight_decay=o.decay)
    t0, c0, order, mean_loss = time.time(), time.process_time(), None, None
    for step in range(o.stop or o.steps):
        fraction = step / o.steps
        tau = o.tau_start * (o.tau_end / o.tau_start) ** min(1, fraction / o.tau_until)
        for g in opt.param_groups:
            g['lr'] = o.lr * min(1, (step + 1) / o.warmup) * (o.lr_end + (1 - o.lr_end) * 0.5 * (1 + math.cos(math.pi * fraction)))
        at = step * o.batch % (len(data) - o.batch)
        if order is None or at < o.batch: order = torch.randperm(len(data))
        x0 = data[order[at:at + o.batch]].float() / 255
        x = x0 * (1 - 2 * EPS) + EPS
        if o.channels_last: x = x.to(memory_format=torch.channels_last)
        logits = enc(x)
        y = F.gumbel_softmax(logits, tau=tau, dim=1, hard=o.straight_through)
        loss = objective(o, dec(y), logits, x0, x, fraction)
        opt.zero_grad(set_to_none=True); loss.backward(); nn.utils.clip_grad_norm_(parameters, o.clip); opt.step()
        mean_loss = float(loss) if mean_loss is None else 0.98 * mean_loss + 0.02 * float(loss)
        if average:
            with torch.no_grad():
                keep = min(o.ema, (step + 1) / (step + 10))
                for old, new in zip(average, (enc, dec)):
                    for a, b in zip(old.parameters(), new.parameters()): a.lerp_(b, 1 - keep)
        if (step + 1) % (o.steps // o.reports) == 0:
            print(f'{step + 1}/{o.steps} {time.time() - t0:.0f} s, CPU {time.process_time() - c0:.0f} s, tau {tau:.3f}, loss {mean_loss:.3f}', flush=True)
            report(*(average or (enc, dec)), o, held, 'average' if average else 'weights')
            keep_weights(average or (enc, dec), o)
    final, r = report(*(average or (enc, dec)), o, held, 'end')
    sheet(list(zip(held, r))[:64], o.out.replace('.pt', '.png'))
    keep_weights(average or (enc, dec), o, final)


def keep_weights(pair, o, final=None):
    torch.save(dict(encoder=pair[0].state_dict(), decoder=pair[1].state_dict(), options=vars(o), score=final), o.out)


if __name__ == '__main__': main()
