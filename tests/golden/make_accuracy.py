#!/usr/bin/python3
"""Writes accuracy_table.h: log-likelihoods and forecasts of the models at hard parameters, by mpmath with 60 digits.

Run by hand (python3-mpmath): tests/golden/make_accuracy.py > tests/golden/accuracy_table.h   (a few minutes)
Where a closed form and an integral both exist they are computed by separate routes and must agree to 1e-25.
"""
import sys
from mpmath import mp, mpf, loggamma, log, exp, hyp2f1, quad, gammainc, nstr, log1p, expm1, binomial, beta as beta_fn

mp.dps = 60
HORIZON = 26.0


def lbeta(a, b):
    return loggamma(a) + loggamma(b) - loggamma(a + b)


def agree(a, b, what, digits=25):
    assert abs(a - b) <= mpf(10) ** -digits * max(1, abs(b)), (what, nstr(a, 30), nstr(b, 30))


# --- Pareto/NBD ---

PARETO_SETS = [(.5532771, 10.5776838, .6062402, 11.668739), (.001, 5.0, .5, 8.0), (.5, 10000.0, .6, .01), (.5, .01, .6, 10000.0),
               (50.0, 100.0, 40.0, 90.0), (2.0, 3.0, 1.0, 3.0), (10.465, .00798565181, 3.0516, 2.82), (.5, 2.0, .001, 5.0),
               (.5143, 2.8845, .2856, 14.1087)]
ROWS = [(0.0, 0.0, 0.0), (0.0, 0.0, 1e-6), (0.0, 0.0, 52.0), (0.0, 0.0, 10000.0), (1.0, .001, 1000.0), (1.0, 51.99999, 52.0), (10.0, 30.0, 30.0),
        (10.0, 30.0, 30.0001), (100.0, 5.0, 100.0), (1000.0, 50.0, 52.0), (10000.0, 100.0, 100.01), (10000.0, 520.0, 600.0), (10000.0, 1.0, 1000.0)]


def pareto_left(R, s, alpha, beta, t0, t1):
    """integral of s (beta+t)^-(s+1) (alpha+t)^-R over [t0, t1], divided by its integrand's value without s/(beta+t) at t0."""
    A, B = alpha + t0, beta + t0
    f = lambda u: s * (small * exp(u)) / (B + small * expm1(u)) * exp(
        -R * log1p(small * expm1(u) / A) - s * log1p(small * expm1(u) / B))
    small = min(A, B)
    top = log1p((t1 - t0) / small)
    cuts = [mpf(0)]
    step = min(mpf(1), 4 / (R + s))
    while cuts[-1] + step < top and R * log1p(small * expm1(cuts[-1]) / A) + s * log1p(small * expm1(cuts[-1]) / B) < 200:
        cuts.append(cuts[-1] + step)
        step = min(mpf(1), step * 2)
    cuts.append(min(top, cuts[-1] + step))
    return quad(f, cuts)


def pareto_2f1(R, s, alpha, beta, t0, t1):
    """The same from Fader & Hardie's difference of two 2F1; None where even 400 digits are too slow."""
    with mp.workdps(120):
        A0 = lambda t: (hyp2f1(R + s, s + 1, R + s + 1, (alpha - beta) / (alpha + t)) * (alpha + t) ** -(R + s) if alpha >= beta else
                        hyp2f1(R + s, R, R + s + 1, (beta - alpha) / (beta + t)) * (beta + t) ** -(R + s))
        return s / (R + s) * (A0(t0) - A0(t1)) * (alpha + t0) ** R * (beta + t0) ** s


def pareto(p, row):
    r, alpha, s, beta = p
    x, t_x, T = row
    R = r + x
    left = pareto_left(R, s, alpha, beta, t_x, T) if T > t_x else mpf(0)
    if T > t_x and x <= 100:
        agree(pareto_2f1(R, s, alpha, beta, t_x, T), left, ("pareto", p, row))
    stay = exp(-R * log1p((T - t_x) / (alpha + t_x)) - s * log1p((T - t_x) / (beta + t_x)))
    log_l = (loggamma(R) - loggamma(r) + r * log(alpha) + s * log(beta) - R * log(alpha + t_x) - s * log(beta + t_x) +
             log(stay + left))
    alive = stay / (stay + left)
    h, A, B = mpf(HORIZON), alpha + T, beta + T
    there = B * log1p(h / B) if s == 1 else B / (s - 1) * (1 - (B / (B + h)) ** (s - 1))
    # at least one order: 1 - P(none, still there) - P(left first, none)
    none = exp(-R * log1p(h / A) - s * log1p(h / B)) + pareto_left(R, s, A - T, B - T, T, T + h)
    return log_l, alive, alive * R / A * there, alive * (1 - none), alive * (B / (B + h)) ** s


# --- the beta-geometric family ---

BG_SETS = [(.2425945, 4.4136016, .7929221, 2.4259068), (.001, 5.0, .5, 3.0), (2.0, 10000.0, .2, .3), (.5, .01, 5.0, 50.0), (80.0, 100.0, 3.0, 4.0),
           (.5, 6.0, .0001, .01), (1.5, 3.0, 30.0, 1e6)]


def bg(p, row, m):
    r, alpha, a, b = p
    x, t_x, T = row
    R, h, B = r + x, mpf(HORIZON), b + x + m
    fails = x + m
    odds = a / (b + fails - 1) * ((alpha + T) / (alpha + t_x)) ** R if fails >= 1 else mpf(0)
    alive = 1 / (1 + odds)
    log_l = (lbeta(a, b + fails) - lbeta(a, b) + loggamma(R) - loggamma(r) + r * log(alpha) - R * log(alpha + T) + log(1 + odds))
    rho = h / (alpha + T + h)
    expected, later = mpf(0), mpf(0)
    here, stayed, so_far, n = (1 - rho) ** R, mpf(1), mpf(0), 0
    while here * (n + 1) > mpf(10) ** -35 * (1 - rho) ** 2 * expected or n < R * rho / (1 - rho) or n < 20:
        expected += here * so_far
        later += here * stayed
        here *= rho * (R + n) / (n + 1)
        so_far += stayed
        stayed *= (B + n) / (a + B + n)
        n += 1
    if x <= 100 and rho < .99 and B < 1000:  # Fader, Hardie & Lee 2005, eq. (10), with b + m for b
        with mp.workdps(120):
            agree((a + B - 1) / (a - 1) * (1 - (1 - rho) ** R * hyp2f1(R, B, a + B - 1, rho)), expected, ("bg", p, row))
            agree((1 - rho) ** R * hyp2f1(R, B, a + B, rho), later, ("bg later", p, row))
    order = 1 - (1 - rho) ** R
    return log_l, alive, alive * expected, alive * order, alive * later


def negative_binomial(n, R, rho):
    return exp(loggamma(R + n) - loggamma(R) - loggamma(n + 1) + n * log(rho) + R * log1p(-rho))


K_SETS = [(1.2, 6.0, .8, 2.5), (5.0, 3.0, .3, .6), (.05, 20.0, 2.0, 9.0)]
K_ROWS = [(0.0, 0.0, 0.0), (0.0, 0.0, 30.0), (1.0, 2.0, 40.0), (4.0, 20.0, 21.0), (12.0, 50.0, 50.0), (12.0, 50.0, 80.0), (60.0, 100.0, 101.0)]


def cnbd(p, row, m, k):
    """By integrals over lambda; leaving is closed form. Gaps are equal, so sum log gap = x log(t_x / x)."""
    r, alpha, a, b = p
    x, t_x, T = row
    s, h, fails = T - t_x, mpf(HORIZON), x + m
    centre = (r + k * x) / (alpha + t_x)
    cuts = [centre * c for c in (0, .02, .2, .5, 1, 1.5, 2, 3, 5, 9, 20)] + [centre * 80 + 60 / (alpha + t_x)]
    # P(gap > g) for Erlang-k at lambda: Q(k, lambda g)
    q = lambda y: exp(-y) * sum(y ** j / mp.factorial(j) for j in range(k))
    base = r * log(alpha) - loggamma(r)
    top = (r + k * x) * log(centre) - centre * (alpha + t_x)  # keeps the integrand near 1
    over = lambda f: quad(lambda u: exp((r + k * x) * log(u) - u * (alpha + t_x) - top) / u * f(u), cuts)
    tiny = cuts[1] * mpf(10) ** -60
    if r + k * x < 1:  # u^(R-1): take logs as the variable
        edges = [log(tiny) * (1 - mpf(i) / 12) + log(cuts[-1]) * mpf(i) / 12 for i in range(13)]
        edges[0] = -60 / (r + k * x) * log(mpf(10))
        over = lambda f: quad(lambda v: exp((r + k * x) * v - exp(v) * (alpha + t_x) - top) * f(exp(v)), edges)
    quiet, unit = over(lambda u: q(u * s)), over(lambda u: mpf(1))
    stays = exp(lbeta(a, b + fails) - lbeta(a, b)) * quiet
    leaves = exp(lbeta(a + 1, b + fails - 1) - lbeta(a, b)) * unit if fails >= 1 else mpf(0)
    gaps = x * log(t_x / x) if x else mpf(0)
    log_l = base + top + (k - 1) * gaps - x * loggamma(k) + log(stays + leaves)
    alive = stays / (stays + leaves)
    order = alive * (1 - over(lambda u: q(u * (s + h))) / quiet)
    # hidden arrivals since the last order, then in the horizon
    R, end = r + k * x, alpha + T
    w = [exp(loggamma(R + j) - loggamma(R) - loggamma(j + 1)) * (s / end) ** j for j in range(k)]
    rho = h / (end + h)
    expected = later = mpf(0)
    stayed, so_far, n = mpf(1), mpf(0), 0
    B = b + x + m
    total = mpf(0)
    c = 0
    while True:
        if c and c % k == 0:
            so_far += stayed
            stayed *= (B + n) / (a + B + n)
            n += 1
        here = sum(w[j] * negative_binomial(c - j, R + j, rho) for j in range(min(k, c + 1)))
        expected += here * so_far
        later += here * stayed
        total += here
        c += 1
        if c > 30 and here * (n + 1) < mpf(10) ** -40 and c > R * rho / (1 - rho):
            break
    agree(total, sum(w), ("total", p, row))
    return log_l, alive, alive * expected / total, order, alive * later / total, gaps


# --- BG/BB, Gamma-Gamma, contracts ---

BB_SETS = [(1.203523, .749716, .656718, 2.783441), (.01, .02, .03, .04), (200.0, 300.0, .5, 2000.0)]
BB_ROWS = [(0.0, 0.0, 0.0), (0.0, 0.0, 6.0), (3.0, 5.0, 6.0), (6.0, 6.0, 6.0), (2.0, 3.0, 400.0)]


def bb(p, row):
    al, be, ga, de = p
    x, t_x, T = row
    last = mpf(1) / exp(lbeta(al, be) + lbeta(ga, de))
    stay = exp(lbeta(al + x, be + T - x) + lbeta(ga, de + T)) * last
    left = sum(exp(lbeta(al + x, be + t_x - x + i) + lbeta(ga + 1, de + t_x + i)) for i in range(int(T - t_x))) * last
    alive = stay / (stay + left)
    steps = 8
    A, B, C, D = al + x, be + T - x, ga, de + T
    there = [exp(lbeta(C, D + i) - lbeta(C, D)) for i in range(steps + 1)]
    expected = A / (A + B) * sum(there[1:])
    none = lambda i: exp(lbeta(A, B + i) - lbeta(A, B))
    # leaves before try i + 1 (i tries made, all missed), or makes all
    no_order = sum((there[i] - there[i + 1]) * none(i) for i in range(steps)) + there[steps] * none(steps)
    return log(stay + left), alive, alive * expected, alive * (1 - no_order), alive * there[steps]


GG_SETS = [(6.249574, 3.744224, 15.443515), (.01, .02, 1e6), (500.0, 2.0, .001), (2.0, 300.0, 1e9)]
GG_ROWS = [(1.0, .01), (1.0, 1e9), (3.0, 35.5), (10000.0, 1e9), (10000.0, 1e-4), (250.0, 12.0)]


def gg(p, row):
    p_, q, v = p
    x, m = row
    return (loggamma(p_ * x + q) - loggamma(p_ * x) - loggamma(q) + q * log(v) + (p_ * x - 1) * log(m) + p_ * x * log(x) -
            (p_ * x + q) * log(x * m + v))


CONTRACT_SETS = [(.668088, 3.806095, 1.0), (.668088, 3.806095, 1.4), (100.0, 2000.0, .3), (.01, .1, 2.0)]
LOST = [131.0, 126.0, 90.0, 60.0, 42.0, 34.0, 26.0]
SURVIVORS = 491.0


def contract(p):
    g, d, c = p
    S = [exp(lbeta(g, d + mpf(t) ** c) - lbeta(g, d)) if t else mpf(1) for t in range(len(LOST) + 1)]
    return sum(w * log(S[i] - S[i + 1]) for i, w in enumerate(LOST)) + SURVIVORS * log(S[-1])


def show(v):
    return nstr(v, 20, min_fixed=-4, max_fixed=4) if v > mpf(10) ** -290 or v < 0 or v == 0 else "0"


def emit(model, k, params, row, gaps, values):
    p = list(params) + [0.0] * (4 - len(params))
    numbers = ", ".join(repr(float(v)) for v in p)
    print(f'    {{"{model}", {k}, {{{numbers}}},\n     {row[0]!r}, {row[1]!r}, {row[2]!r}, {gaps!r},\n     ' +
          ", ".join(show(v) for v in values) + "},")
    print(model, k, params, row, nstr(values[0], 10), nstr(values[1], 10), file=sys.stderr)


as_mp = lambda t: tuple(mpf(v) for v in t)

print("/* Made by tests/golden/make_accuracy.py with mpmath, 60 digits; not edited by hand. */")
print("#ifndef GOLDEN_ACCURACY_TABLE_H\n#define GOLDEN_ACCURACY_TABLE_H\n")
print(f"#define TABLE_HORIZON {HORIZON}\n#define TABLE_STEPS 8.0 /* the BG/BB's horizon */\n")
print("/* expected, order, later: within the horizon; 0 where under 1e-290 */")
print("typedef struct accuracy_row {\n    const char *model;\n    int k;\n    double param[4];\n    double x, t_x, T, log_gaps;\n"
      "    double log_likelihood, alive, expected, order, later;\n} accuracy_row;\n")
print("static const accuracy_row accuracy_rows[] = {")
for p in PARETO_SETS:
    for row in ROWS:
        emit("pareto-nbd", 1, p, row, 0.0, pareto(as_mp(p), as_mp(row)))
for p in BG_SETS:
    for row in ROWS:
        for model, m in (("bg-nbd", 0), ("mbg-nbd", 1)):
            emit(model, 1, p, row, 0.0, bg(as_mp(p), as_mp(row), m))
for p in K_SETS:
    for row in K_ROWS:
        for model, m in (("bg-cnbd-k", 0), ("mbg-cnbd-k", 1)):
            out = cnbd(as_mp(p), as_mp(row), m, 3)
            gaps = float(out[5])  # the rounding of the column is part of the input
            emit(model, 3, p, row, gaps, (out[0] + 2 * (mpf(gaps) - out[5]),) + out[1:5])
for p in BB_SETS:
    for row in BB_ROWS:
        emit("bg-bb", 1, p, row, 0.0, bb(as_mp(p), as_mp(row)))
print("};\n")
print("typedef struct spend_row {\n    double p, q, v, x, m, log_likelihood;\n} spend_row;\n")
print("static const spend_row spend_rows[] = {")
for p in GG_SETS:
    for row in GG_ROWS:
        print("    {" + ", ".join(repr(float(v)) for v in p + row) + ", " + show(gg(as_mp(p), as_mp(row))) + "},")
print("};\n")
print(f"static const double table_lost[{len(LOST)}] = {{" + ", ".join(map(repr, LOST)) + f"}}, table_survivors = {SURVIVORS};\n")
print("typedef struct contract_row {\n    double gamma, delta, c, log_likelihood;\n} contract_row;\n")
print("static const contract_row contract_rows[] = {")
for p in CONTRACT_SETS:
    print("    {" + ", ".join(repr(v) for v in p) + ", " + show(contract(as_mp(p))) + "},")
print("};\n\n#endif")
