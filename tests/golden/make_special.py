#!/usr/bin/python3
"""Writes special_table.h: the special functions of src/math at hard arguments, by mpmath with 40 digits.

Run by hand (python3-mpmath): tests/golden/make_special.py > tests/golden/special_table.h
Arguments are the doubles as the compiler reads them, so a value's error is the function's alone.
"""
from mpmath import mp, mpf, loggamma, digamma, log, expint, exp, erfinv, erfc, quad, sqrt, betainc, nstr

mp.dps = 40
NEAR = 1e-10

ONE = [1e-300, 1e-100, 1e-10, 1e-6, 1e-3, .1, .3, .49999999, .5, .7, 1 - 1e-3, 1 - NEAR, 1.0, 1 + NEAR, 1 + 1e-5, 1.25,
       1.4616321449683623, 1.49999999, 1.5, 1.75, 2 - NEAR, 2.0, 2 + NEAR, 2.25, 2.5, 2.50000001, 3.0, 4.2, 7.7, 9.9999999,
       10.0, 10.5, 25.0, 171.5, 1e3, 1e4, 123456.789, 1e6, 1e8, 1e12, 1e15]
LBETA = [(1e-10, 1e-10), (1e-6, 2.5), (.3, 1e4), (1e4, .3), (.5, .5), (1.0, 1.0), (2.4259, .7929), (7.5, 12.25), (20.0, 30.0), (.01, 1e8),
         (1e3, 1e3), (1e4, 1e8), (1e-8, 1e8), (100.0, 1e12), (9.99, 10.01), (3.0, 1e15)]
LRISING = [(1e-6, 1e6), (1e-6, 1e-6), (1e-300, 5.0), (.3, 0.0), (.25, 1.0), (.25, 10000.0), (3.5, 16.4), (3.5, 16.6), (9.9999, 3.0), (10.0, 1e-9),
           (5.0, 1e-9), (.7, 1e-12), (15.0, 1e4), (1e4, 1e4), (1e8, .25), (1e8, 1e8), (1e12, 3.0), (1e4, 1e-4), (2.0, 3e4), (.0001, 3.0), (1e15, 7.0)]
LOG_ADD = [(0.0, 0.0), (-700.0, -701.0), (800.0, 799.5), (1.0, -60.0), (-1e5, -1e5 + 3), (3.0, 3.0), (-.6931471805599453, -.6931471805599453),
           (1e-8, -40.0)]
EXPINT = [(.5, 1e-4), (.5, 1e-8), (.4081095, .2), (1.0, 1e-3), (1.0, 1.0), (.6, 40.0), (1e-6, .5), (3.0, .01), (3.0516, 1e-6), (12.0, 5.0),
          (50.0, .001), (200.0, 100.0), (.6062, 1e3), (2.0, 1e5), (.001, 1e-6), (1e4, 1.0)]
QUANTILE = [1e-300, 1e-100, 1e-30, 1e-10, 1e-5, .025, .1, .25, .49999, .5, .6, .9, .975, .99999, 1 - 1e-10, 1 - 1e-15]
IBETA = [(.5, .5, .1), (1.0, 2.0, .25), (1e-3, 2.0, .5), (2.0, 1e-3, .999), (301.0, .8, .95), (301.0, .8, .999), (5001.0, 10000.8, .32), (5001.0, 10000.8, .34),
         (1e5, .01, .99999), (1e6, 1e4, .99), (1e6, 1e4, .991), (20.0, 30.0, .4), (1e-6, 1e6, 1e-7), (257.0, .01, .9999), (1.0, 1e4, 1e-5)]


def ibeta(a, b, x):
    """x^a (1-x)^b / (a B(a,b)) 2F1(a+b, 1; a+1; x), a series of positive terms summed here with its own stop."""
    swap = x > (a + 1) / (a + b + 2)
    if swap:
        a, b, x = b, a, 1 - x
    term = total = mpf(1)
    n = 0
    while term > total * mpf(10) ** -45:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    value = exp(a * log(x) + b * log(1 - x) - loggamma(a) - loggamma(b) + loggamma(a + b)) / a * total
    return 1 - value if swap else value


def expint_scaled(p, z):
    with mp.workdps(400):  # its series cancels for large p and z
        return exp(z) * expint(p, z)


def expint_check(p, z):
    """The same by the integral, so that the table does not rest on one routine."""
    f = lambda w: exp(-z * (exp(w) - 1) + (1 - p) * w)
    cut = log(1 + 120 / z)
    if p > 1:
        cut = min(cut, 120 / (p - 1))
    n = int(cut / 2) + 1
    return quad(f, [cut * i / n for i in range(n + 1)])


def normal_quantile(p):
    p = mpf(p)
    with mp.workdps(400):
        return -sqrt(mpf(2)) * erfinv(1 - 2 * p)


def rows(name, args, f):
    print(f"static const special_row {name}_rows[] = {{")
    for a in args:
        a = a if isinstance(a, tuple) else (a,)
        value = f(*[mpf(v) for v in a])
        pair = (repr(float(a[0])), repr(float(a[1])) if len(a) > 1 else "0")
        print(f"    {{{pair[0]}, {pair[1]}, {nstr(value, 21, min_fixed=-4, max_fixed=4)}}},")
    print("};\n")


for p, z in EXPINT:
    p, z = mpf(p), mpf(z)
    assert abs(expint_check(p, z) / expint_scaled(p, z) - 1) < mpf(10) ** -25, (p, z)
for p in QUANTILE:
    assert abs(erfc(-normal_quantile(p) / sqrt(mpf(2))) / 2 / mpf(p) - 1) < mpf(10) ** -30

print("/* Made by tests/golden/make_special.py with mpmath, 40 digits; not edited by hand. */")
print("#ifndef GOLDEN_SPECIAL_TABLE_H\n#define GOLDEN_SPECIAL_TABLE_H\n")
print("typedef struct special_row {\n    double a, b, value;\n} special_row;\n")
rows("lgamma", ONE, loggamma)
rows("digamma", ONE, digamma)
rows("lbeta", LBETA, lambda a, b: loggamma(a) + loggamma(b) - loggamma(a + b))
rows("lrising", LRISING, lambda x, n: loggamma(x + n) - loggamma(x))
rows("log_add", LOG_ADD, lambda a, b: log(exp(a) + exp(b)))
rows("expint", EXPINT, expint_scaled)
rows("quantile", QUANTILE, normal_quantile)
print("static const double ibeta_rows[][4] = { /* a, b, x, I_x(a, b) */")
for a, b, x in IBETA:
    value = ibeta(mpf(a), mpf(b), mpf(x))
    if a + b < 1000:
        assert abs(betainc(mpf(a), mpf(b), 0, mpf(x), regularized=True) - value) < mpf(10) ** -30, (a, b, x)
    print(f"    {{{a!r}, {b!r}, {x!r}, {nstr(value, 21, min_fixed=-4, max_fixed=4)}}},")
print("};\n")
print("#endif")
