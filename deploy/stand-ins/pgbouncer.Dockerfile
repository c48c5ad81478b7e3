# Stands in for edoburu/pgbouncer with a configuration file of its caller's.
ARG BASE
FROM $BASE
ENV LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER postgres
EXPOSE 5432
STOPSIGNAL SIGINT
CMD ["/usr/sbin/pgbouncer", "/etc/pgbouncer/pgbouncer.ini"]
